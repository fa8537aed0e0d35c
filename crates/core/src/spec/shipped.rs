//! The pipelines that ship with this program: their files, built in.

/// A pipeline that is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub toml: &'static str,
    /// Its SQL files: name and text.
    pub sql: &'static [(&'static str, &'static str)],
}

/// A pipeline and its SQL files, as they stand in `dags/`.
macro_rules! shipped {
    ($name:literal $(, $sql:literal)*) => {
        Shipped {
            name: $name,
            toml: include_str!(concat!("../../../../dags/", $name, ".toml")),
            sql: &[$(($sql, include_str!(concat!("../../../../dags/", $name, "/", $sql)))),*],
        }
    };
}

/// The pipelines that ship with this program.
pub const SHIPPED: [Shipped; 5] = [
    shipped!("drugs"),
    shipped!("trades", "anomalies.sql", "average.sql", "tied_for_fifth.sql", "top_volume.sql"),
    shipped!("configuration", "configuration.sql"),
    shipped!("transactions", "annotate.sql", "output.sql", "tag.sql"),
    shipped!("listings", "listings.sql", "nothing_missing.sql"),
];
