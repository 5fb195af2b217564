//! Tables: tab-separated on standard output, spreads on standard error.

use crate::{Options, machine, timing::Spread};

/// A column that is the quotient of two others, given by their numbers.
pub(crate) struct Ratio {
    /// What the header says.
    pub(crate) name: &'static str,
    /// The column above the line.
    pub(crate) above: usize,
    /// The column below the line.
    pub(crate) below: usize,
}

/// Prints the first line of a table.
pub(crate) fn begin(options: &Options, name: &str) {
    let Options { command, seed, .. } = options;
    println!("# {command}; seed {seed}; {}; table {name}", machine::describe());
}

/// A table of times, printed row by row.
pub(crate) struct Table {
    name: String,
    unit: &'static str,
    columns: Vec<&'static str>,
    ratios: &'static [Ratio],
    /// For each column the sum of its cells, of their logarithms where it holds times or ratios;
    /// `None` once a cell was missing.
    sums: Vec<Option<f64>>,
    rows: usize,
}

impl Table {
    /// Prints the head of a table in microseconds. Columns are named without their unit, ours
    /// first.
    pub(crate) fn begin(
        options: &Options,
        name: &str,
        columns: &[&'static str],
        ratios: &'static [Ratio],
    ) -> Self {
        Self::begin_with(options, name, "us", columns, ratios, &[])
    }

    /// The same in another unit, and with columns of other figures behind the ratios.
    pub(crate) fn begin_with(
        options: &Options,
        name: &str,
        unit: &'static str,
        columns: &[&'static str],
        ratios: &'static [Ratio],
        others: &[String],
    ) -> Self {
        begin(options, name);
        eprintln!(
            "# spread of {name}: case, side, lower quartile, median, upper quartile in {unit}"
        );
        let mut header = vec!["case".to_owned()];
        header.extend(columns.iter().map(|column| format!("{column}_{unit}")));
        header.extend(ratios.iter().map(|ratio| ratio.name.to_owned()));
        header.extend_from_slice(others);
        println!("{}", header.join("\t"));
        let sums = vec![Some(0.0); header.len() - 1];
        Self { name: name.to_owned(), unit, columns: columns.to_vec(), ratios, sums, rows: 0 }
    }

    /// Prints a row: medians, then ratios of medians.
    pub(crate) fn row(&mut self, case: &str, spreads: &[Spread]) {
        let spreads: Vec<_> = spreads.iter().copied().map(Some).collect();
        self.row_with(case, &spreads, &[]);
    }

    /// The same with the other figures, and with sides that have no part in this case.
    pub(crate) fn row_with(
        &mut self,
        case: &str,
        spreads: &[Option<Spread>],
        others: &[Option<f64>],
    ) {
        for (column, spread) in self.columns.iter().zip(spreads) {
            let Some(Spread { low, median, high }) = spread else { continue };
            let Self { name, unit, .. } = self;
            eprintln!("{name}\t{case}\t{column}_{unit}\t{low:.3}\t{median:.3}\t{high:.3}");
        }
        let mut cells: Vec<_> =
            spreads.iter().map(|spread| Some(spread.as_ref()?.median)).collect();
        let ratio = |ratio: &Ratio| Some(cells[ratio.above]? / cells[ratio.below]?);
        let ratios: Vec<_> = self.ratios.iter().map(ratio).collect();
        cells.extend(ratios);
        let logarithms = cells.iter().map(|cell| cell.map(f64::ln));
        let terms: Vec<_> = logarithms.chain(others.iter().copied()).collect();
        cells.extend(others);
        print_cells(case, &cells);
        for (sum, term) in self.sums.iter_mut().zip(terms) {
            *sum = sum.zip(term).map(|(sum, term)| sum + term);
        }
        self.rows += 1;
    }

    /// Prints the last row: the mean of each column without gaps, geometric for times and ratios.
    pub(crate) fn mean(self) {
        let geometric = self.columns.len() + self.ratios.len();
        let means = self.sums.iter().enumerate().map(|(at, sum)| {
            let mean = (*sum)? / self.rows as f64;
            Some(if at < geometric { mean.exp() } else { mean })
        });
        print_cells("MEAN", &means.collect::<Vec<_>>());
    }
}

/// The arithmetic mean, column by column, of at least one row.
pub(crate) fn mean<'r>(rows: impl IntoIterator<Item = &'r Vec<f64>>) -> Vec<f64> {
    let (mut sums, mut count) = (Vec::new(), 0);
    for row in rows {
        sums.resize(row.len(), 0.0);
        sums.iter_mut().zip(row).for_each(|(sum, cell)| *sum += cell);
        count += 1;
    }
    sums.iter().map(|sum| sum / f64::from(count)).collect()
}

/// Prints a row of figures.
pub(crate) fn print_row(case: &str, cells: &[f64]) {
    print_cells(case, &cells.iter().copied().map(Some).collect::<Vec<_>>());
}

/// Prints a row of figures, with a dash for those that are missing.
pub(crate) fn print_cells(case: &str, cells: &[Option<f64>]) {
    let cell = |cell: &Option<f64>| cell.map_or("-".to_owned(), |cell| format!("{cell:.3}"));
    println!("{case}\t{}", cells.iter().map(cell).collect::<Vec<_>>().join("\t"));
}
