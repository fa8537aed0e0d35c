-- Products that have the volume of the fifth of `top_volume`, and are not in it.
WITH totals AS (
    SELECT product, delivery_start, delivery_end, delivery_area, sum(volume) AS total_volume
    FROM bronze
    GROUP BY product, delivery_start, delivery_end, delivery_area
),
fifth AS (
    SELECT min(total_volume) AS total_volume, count(*) AS places FROM top_volume
)
SELECT totals.*
FROM totals
JOIN fifth ON totals.total_volume = fifth.total_volume AND fifth.places = 5
LEFT ANTI JOIN top_volume ON
    totals.product = top_volume.product
    AND totals.delivery_start = top_volume.delivery_start
    AND totals.delivery_end = top_volume.delivery_end
    AND totals.delivery_area = top_volume.delivery_area
ORDER BY totals.product, totals.delivery_start, totals.delivery_end, totals.delivery_area
