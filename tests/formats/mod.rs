//! The formats that the field has, and that what they say is what CSV would have said.

mod pubmed;
mod trials;
mod vocabularies;

/// A pipeline file with these sources of drugs and of trials.
pub(crate) fn spec(drugs: &str, trials: &str) -> String {
    format!(
        "[sources.drugs]\n{drugs}\nmax_rejects = '100%'\n\
         [sources.pubmed]\npath = ['pubmed*.csv', 'pubmed*.json', 'pubmed*.xml', 'pubmed*.tsv']\noptional = true\n\
         [sources.clinical_trials]\n{trials}\noptional = true\nmax_rejects = '100%'\n\
         [tasks.graph]\nbuiltin = 'mentions'\n"
    )
}

/// Puts a pipeline file beside the data; its folder is the value of `--dags`.
pub(crate) fn declare(test: crate::support::Test, spec: &str) -> crate::support::Test {
    let dags = test.folder().join("dags");
    std::fs::create_dir(&dags).unwrap();
    std::fs::write(dags.join("drugs.toml"), spec).unwrap();
    let dags = dags.display().to_string();
    test.args(&["--dags", &dags])
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}
