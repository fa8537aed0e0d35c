-- Trades whose price is far from that of their product.
--
-- $rule = 'robust': the modified z-score of Iglewicz and Hoaglin is over $threshold. It compares the distance to the
-- median with the median of those distances (MAD), so it has no opinion on signs, and outliers do not hide themselves
-- by moving the mean. Where the MAD is 0, since more than half of the prices are equal, the mean distance stands in;
-- where that is 0 too, all prices are equal and none is an anomaly. 1.4826 and 1.2533 make both distances those of a
-- normal distribution's standard deviation.
--
-- $rule = 'mean': the classic. The distance to the mean is more than twice the mean. Every trade of a product whose
-- mean is negative passes for an anomaly, and a large outlier lifts the mean until it looks ordinary.
WITH middles AS (
    SELECT
        product, delivery_start, delivery_end, delivery_area,
        avg(price) AS average_price,
        median(price) AS median_price
    FROM bronze
    GROUP BY product, delivery_start, delivery_end, delivery_area
),
distances AS (
    SELECT bronze.*, middles.average_price, abs(bronze.price - middles.median_price) AS distance
    FROM bronze
    JOIN middles ON
        bronze.product = middles.product
        AND bronze.delivery_start = middles.delivery_start
        AND bronze.delivery_end = middles.delivery_end
        AND bronze.delivery_area = middles.delivery_area
),
spreads AS (
    SELECT
        product, delivery_start, delivery_end, delivery_area,
        CASE WHEN median(distance) > 0 THEN 1.4826 * median(distance) ELSE 1.2533 * avg(distance) END AS spread
    FROM distances
    GROUP BY product, delivery_start, delivery_end, delivery_area
)
SELECT
    distances.product,
    distances.delivery_start,
    distances.delivery_end,
    distances.delivery_area,
    distances.price,
    distances.volume,
    distances.average_price
FROM distances
JOIN spreads ON
    distances.product = spreads.product
    AND distances.delivery_start = spreads.delivery_start
    AND distances.delivery_end = spreads.delivery_end
    AND distances.delivery_area = spreads.delivery_area
WHERE
    CASE $rule
        WHEN 'robust' THEN distances.distance > $threshold * spreads.spread
        WHEN 'mean' THEN abs(distances.average_price - distances.price) > 2 * distances.average_price
    END
ORDER BY product, delivery_start, delivery_end, delivery_area, price, volume
