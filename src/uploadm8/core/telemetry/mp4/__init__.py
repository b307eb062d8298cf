"""MP4 and QuickTime structure, read with bounds and without a media library."""
