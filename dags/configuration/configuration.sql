-- The day's shops, and whether their index has a prefix of its own. A missing prefix differs from `shopify_`, too:
-- the flag is never null.
SELECT
    exports.* EXCEPT (export_date),
    index_prefix IS DISTINCT FROM 'shopify_' AS has_specific_prefix,
    export_date
FROM exports
ORDER BY id
