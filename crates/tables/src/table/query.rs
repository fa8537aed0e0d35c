//! A text in SQL that may run: one statement, a query, that reads tables by their names and nothing else.
//!
//! What may not run is refused in the parsed text, before anything is planned: statements that write or set, tables
//! that are files or functions, names of more than one part.

use std::ops::ControlFlow;

use datafusion::common::TableReference;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, Query, Select, SetExpr, Spanned, Statement as SqlStatement, TableFactor, Visit,
    Visitor,
};

use crate::spec::Problem;
use crate::spec::tables::SqlText;
use crate::table::problem::{self, Place};

/// What a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// A query.
    Query,
    /// A query, or the plan of one: `EXPLAIN`.
    Explain,
}

/// A table that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTable {
    /// Its name.
    pub name: String,
    /// Where it is named first: line and column of the text, both from 1.
    pub place: (u64, u64),
}

/// A text that may run.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) statement: Statement,
    /// The tables that it names, in the order of the text; names of its own (`WITH`) are none.
    pub(super) tables: Vec<NamedTable>,
}

/// The tables that a text in SQL names, in the order in which they stand there.
///
/// ```
/// use pipeline_core::spec::tables::SqlText;
/// let sql = SqlText { file: "a.sql".into(), line: 1, text: "WITH b AS (SELECT * FROM a) SELECT * FROM b, c".into() };
/// let names: Vec<String> = pipeline_tables::table::tables_named(&sql).unwrap().into_iter().map(|t| t.name).collect();
/// assert_eq!(names, ["a", "c"]);
/// ```
pub fn tables_named(text: &SqlText) -> Result<Vec<NamedTable>, Problem> {
    parse(text, Allowed::Query).map(|parsed| parsed.tables)
}

/// Reads a text and refuses what may not run.
pub(super) fn parse(text: &SqlText, allowed: Allowed) -> Result<Parsed, Problem> {
    let statements = DFParserBuilder::new(text.text.as_str())
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| problem::of(text, &error))?;
    let mut statements = statements.into_iter();
    let Some(statement) = statements.next() else {
        return Err(problem::at(text, (1, 1), "there is no query in it"));
    };
    if let Some(second) = statements.next() {
        let place = match &second {
            Statement::Statement(statement) => start(statement.span()),
            _ => (1, 1),
        };
        return Err(problem::at(text, place, "a second statement: one query is allowed"));
    }
    let inner = match (&statement, allowed) {
        (Statement::Explain(explain), Allowed::Explain) => &explain.statement,
        (statement, _) => statement,
    };
    let query = match inner {
        Statement::Statement(inner) => match inner.as_ref() {
            query @ SqlStatement::Query(_) => Some(query),
            _ => None,
        },
        _ => None,
    };
    let Some(query) = query else {
        return Err(problem::at(text, (1, 1), format!("only a query may run, no {}", verb(&text.text))));
    };
    let mut walk = Walk { text, scope: Vec::new(), tables: Vec::new() };
    match query.visit(&mut walk) {
        ControlFlow::Break(problem) => Err(*problem),
        ControlFlow::Continue(()) => {
            let tables = walk.tables;
            Ok(Parsed { statement, tables })
        }
    }
}

/// The first word of a text, as it is: `DROP`.
fn verb(sql: &str) -> String {
    let code = sql.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"));
    let word = code.unwrap_or_default().trim_start();
    word.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_uppercase()
}

fn start(span: datafusion::sql::sqlparser::tokenizer::Span) -> Place {
    if span.start.line == 0 { (1, 1) } else { (span.start.line, span.start.column) }
}

/// Looks at every part of a query.
struct Walk<'a> {
    text: &'a SqlText,
    /// Names of `WITH`, innermost last.
    scope: Vec<String>,
    tables: Vec<NamedTable>,
}

impl Walk<'_> {
    fn refuse(&self, place: Place, message: impl Into<String>) -> ControlFlow<Box<Problem>> {
        ControlFlow::Break(Box::new(problem::at(self.text, place, message)))
    }

    fn body(&self, body: &SetExpr) -> ControlFlow<Box<Problem>> {
        match body {
            SetExpr::Insert(s) | SetExpr::Update(s) | SetExpr::Delete(s) | SetExpr::Merge(s) => {
                self.refuse(start(s.span()), "only a query may run: it must change nothing")
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left)?;
                self.body(right)
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// A name as SQL reads it: in lower case, unless it stands in quotes.
fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

impl Visitor for Walk<'_> {
    type Break = Box<Problem>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                // A name does not stand for itself in its own query, unless the query is recursive.
                if !with.recursive {
                    cte.visit(self)?;
                }
                self.scope.push(folded(&cte.alias.name));
            }
        }
        self.body(&query.body)
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let names = query.with.as_ref().map_or(0, |with| with.cte_tables.len());
        self.scope.truncate(self.scope.len() - names);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        match &select.into {
            Some(into) => {
                self.refuse(start(into.name.span()), "`INTO` makes a table: the task's `write` does that")
            }
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table { args: None, .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::UNNEST { .. } => ControlFlow::Continue(()),
            factor => {
                self.refuse(start(factor.span()), "tables are read by their names, not made by functions")
            }
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Self::Break> {
        let place = start(relation.span());
        let ident = match relation.0.as_slice() {
            [part] => part.as_ident(),
            _ => None,
        };
        let Some(ident) = ident else {
            return self.refuse(place, format!("`{relation}` is no table: its name has one part"));
        };
        if ident.quote_style == Some('\'') {
            // The parser keeps no place of such a name.
            let place = problem::find_word(&self.text.text, &ident.value).unwrap_or(place);
            return self.refuse(
                place,
                format!("`{}` is no table: files are read by sources, not by SQL", ident.value),
            );
        }
        let name = folded(ident);
        if !self.scope.contains(&name) && !self.tables.iter().any(|table| table.name == name) {
            self.tables.push(NamedTable { name, place });
        }
        ControlFlow::Continue(())
    }
}

/// The reference by which a table of a name is registered: as it is, whatever its case.
pub(super) fn reference(name: &str) -> TableReference {
    TableReference::bare(name)
}
