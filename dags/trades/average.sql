-- Mean price and mean volume of each product, each trade counted once whatever its volume.
SELECT
    product,
    delivery_start,
    delivery_end,
    delivery_area,
    avg(price) AS average_price,
    avg(volume) AS average_volume
FROM bronze
GROUP BY product, delivery_start, delivery_end, delivery_area
ORDER BY product, delivery_start, delivery_end, delivery_area
