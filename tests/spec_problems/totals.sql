SELECT customers.country, sum(bronze.amount) AS total
FROM bronze
JOIN customers ON customers.id = bronze.id
GROUP BY customers.country
