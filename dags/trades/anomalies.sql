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
WITH distances AS (
    SELECT
        bronze.*,
        avg(price) OVER same_product AS average_price,
        abs(price - median(price) OVER same_product) AS distance
    FROM bronze
    WINDOW same_product AS (PARTITION BY product, delivery_start, delivery_end, delivery_area)
),
spreads AS (
    SELECT
        distances.*,
        median(distance) OVER same_product AS median_distance,
        avg(distance) OVER same_product AS mean_distance
    FROM distances
    WINDOW same_product AS (PARTITION BY product, delivery_start, delivery_end, delivery_area)
)
SELECT product, delivery_start, delivery_end, delivery_area, price, volume, average_price
FROM spreads
WHERE
    CASE $rule
        WHEN 'robust' THEN
            distance > $threshold
            * CASE WHEN median_distance > 0 THEN 1.4826 * median_distance ELSE 1.2533 * mean_distance END
        WHEN 'mean' THEN abs(average_price - price) > 2 * average_price
    END
ORDER BY product, delivery_start, delivery_end, delivery_area, price, volume
