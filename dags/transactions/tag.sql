-- The one of four words that is in the wording, in capitals as here, also within a longer word. Of two there is none.
WITH tags (tag) AS (
    VALUES ('TATA'), ('TOTO'), ('TUTU'), ('TAXI')
),
found AS (
    SELECT loaded.id, min(tags.tag) AS tag
    FROM loaded
    JOIN tags ON strpos(loaded.wording, tags.tag) > 0
    GROUP BY loaded.id
    HAVING count(*) = 1
)
SELECT loaded.id, coalesce(found.tag, '') AS tag
FROM loaded
LEFT JOIN found ON loaded.id = found.id
