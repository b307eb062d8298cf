"""Connected accounts and the clients of TikTok, YouTube, Instagram and Facebook."""
