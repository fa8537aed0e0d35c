-- The borders belong to the lower side, but for 100000, which is an error already.
SELECT
    id,
    CASE
        WHEN value >= 100000 THEN 'ERROR'
        WHEN value > 300 THEN 'LARGE SALE'
        WHEN value > 0 THEN 'SALE'
        WHEN value < -200 THEN 'EXPENSE'
        ELSE 'SMALL EXPENSE'
    END AS annotation
FROM loaded
