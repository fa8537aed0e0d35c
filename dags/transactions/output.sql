-- In the order of their ids: numbers by size, before whatever is no number.
SELECT loaded.id, loaded.amount, loaded.wording, tag.tag, annotate.annotation
FROM loaded
JOIN annotate ON loaded.id = annotate.id
JOIN tag ON loaded.id = tag.id
ORDER BY try_cast(loaded.id AS BIGINT) NULLS LAST, loaded.id
