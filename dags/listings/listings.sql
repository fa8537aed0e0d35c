-- What the rules keep. They let no area of 0 pass, so that nothing is divided by it.
SELECT
    id,
    scraping_date,
    property_type,
    municipality,
    price,
    living_area,
    price / living_area AS price_per_square_meter,
    to_char(scraping_date, '%Y-%m') AS scraping_month
FROM scraped
ORDER BY scraping_date, id
