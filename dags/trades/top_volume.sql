-- The five products that were traded most. Of equal volumes the first by name, period and area is taken;
-- the audit `tied_for_fifth` names those that are left out for it.
SELECT
    product,
    delivery_start,
    delivery_end,
    delivery_area,
    sum(volume) AS total_volume
FROM bronze
GROUP BY product, delivery_start, delivery_end, delivery_area
ORDER BY total_volume DESC, product, delivery_start, delivery_end, delivery_area
LIMIT 5
