"""A large workspace and many small ones, written in bulk."""

from uuid import UUID

import asyncpg

DAYS = 730
NEIGHBOURS = 300
POSTS_PER_NEIGHBOUR = 30
_POSTS_PER_UPLOAD = 3.5  # 2, 3, 4 or 5
_TABLES = ("uploads", "publications", "publication_metrics")

# Without triggers and foreign keys; every day is marked afterwards. Ids grow with time, as real ones.
_FILL = """
    SET session_replication_role = replica;
    SET synchronous_commit = off;
    SET work_mem = '256MB';
    SET maintenance_work_mem = '512MB';
    INSERT INTO workspaces (id, name) SELECT gen_random_uuid(), 'small' FROM generate_series(1, $N);
    CREATE TEMP TABLE owners AS SELECT id AS workspace, $PN::bigint AS posts FROM workspaces
        WHERE name = 'small' UNION ALL SELECT $W, $P;
    INSERT INTO connected_accounts (id, workspace, platform, external_id, state)
        SELECT gen_random_uuid(), workspace,
            (ARRAY['tiktok', 'youtube', 'instagram', 'facebook'])[1 + n % 4],
            workspace || '/' || n, 'active'
        FROM owners CROSS JOIN LATERAL generate_series(1, CASE WHEN posts > 1000 THEN 40 ELSE 2 END) n;
    CREATE TEMP TABLE numbered AS SELECT id, workspace, platform,
        row_number() OVER (PARTITION BY workspace ORDER BY id) - 1 AS n,
        count(*) OVER (PARTITION BY workspace) AS of FROM connected_accounts;
    CREATE TEMP TABLE made AS SELECT workspace, n, posts,
            now() - interval '1 day' * $D * (1 - (n + random()) / ceil(posts / $U)) AS at
        FROM owners CROSS JOIN LATERAL generate_series(0, ceil(posts / $U)::bigint - 1) n;
    ALTER TABLE made ADD id uuid;
    UPDATE made SET id = o.id FROM (SELECT ctid AS place,
        ('00000000-0000-7000-8000-' || lpad(to_hex(row_number() OVER (ORDER BY at)), 12, '0'))::uuid
        AS id FROM made) o WHERE made.ctid = o.place;
    INSERT INTO uploads (id, workspace, filename, content_type, size_bytes, state, object_key,
            created_at, uploaded_at)
        SELECT id, workspace, 'clip.mp4', 'video/mp4', 1000000,
            CASE WHEN at < now() - interval '60 days' THEN 'purged' ELSE 'ready' END, id::text, at, at
        FROM made ORDER BY at;
    INSERT INTO publications (id, workspace, upload, account, platform, state, accepted_at,
            published_at, error_class, error_code, slot, caption)
        SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(row_number() OVER (ORDER BY m.at)), 12, '0'))
            ::uuid, m.workspace, m.id, a.id, a.platform, s.state, s.at,
            CASE s.state WHEN 'published' THEN
                s.at + interval '1 s' * (20 - 90 * ln(random() + 1e-9)) END,
            CASE s.state WHEN 'failed' THEN 'permanent_media' END,
            CASE s.state WHEN 'failed' THEN 'too_long' END, i, repeat('a caption ', 30)
        FROM made m CROSS JOIN LATERAL generate_series(0, 1 + m.n % 4) i
        JOIN numbered a ON a.workspace = m.workspace AND a.n = (i * 7 + m.n) % a.of
        CROSS JOIN LATERAL (SELECT
            CASE WHEN random() < 0.01 + 0 * i THEN m.at + interval '2 days' ELSE m.at END AS at,
            CASE WHEN random() < 0.92 + 0 * i THEN 'published' WHEN random() < 0.7 THEN 'failed'
                ELSE 'canceled' END AS state) s ORDER BY m.at;
    INSERT INTO publication_metrics (id, publication, pull, at, views, likes, comments, shares)
        SELECT gen_random_uuid(), id, 0, published_at + interval '1 day', random() * 10000,
            random() * 500, random() * 50, random() * 20
        FROM publications WHERE state = 'published' ORDER BY id;
    INSERT INTO rollup_marks (workspace, day)
        SELECT workspace, (accepted_at AT TIME ZONE 'UTC')::date FROM publications
        UNION SELECT workspace, (created_at AT TIME ZONE 'UTC')::date FROM uploads;
    INSERT INTO entitlement_grants (id, workspace, tier, reason)
        VALUES (gen_random_uuid(), $W, 'agency', 'benchmark');
"""
_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes i WHERE tablename = ANY($1) AND NOT EXISTS (
        SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
"""


async def fill(url: str, workspace: UUID, posts: int) -> UUID:
    """Write the posts of `DAYS` days; returns one of the large workspace's accounts."""
    connection = await asyncpg.connect(url)
    names = {
        "$PN": str(POSTS_PER_NEIGHBOUR),
        "$N": str(NEIGHBOURS),
        "$W": f"'{workspace}'::uuid",
        "$P": f"{posts}::bigint",
        "$U": str(_POSTS_PER_UPLOAD),
        "$D": str(DAYS),
    }
    statements = _FILL
    for name, value in names.items():
        statements = statements.replace(name, value)
    # Indexes are made afterwards in one go, which takes a third of the time.
    indexes = await connection.fetch(_INDEXES, list(_TABLES))
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    await connection.execute(statements, timeout=600)
    for index in indexes:
        await connection.execute(index["indexdef"], timeout=300)
    await connection.execute("VACUUM ANALYZE", timeout=300)
    account: UUID = await connection.fetchval(
        "SELECT id FROM connected_accounts WHERE workspace=$1 LIMIT 1", workspace
    )
    await connection.close()
    return account
