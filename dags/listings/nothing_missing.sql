SELECT *
FROM listings
WHERE
    id IS NULL
    OR scraping_date IS NULL
    OR property_type IS NULL
    OR municipality IS NULL
    OR price IS NULL
    OR living_area IS NULL
    OR price_per_square_meter IS NULL
