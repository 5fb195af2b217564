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

/// A table of times in microseconds, printed row by row.
pub(crate) struct Table {
    name: &'static str,
    columns: Vec<&'static str>,
    ratios: &'static [Ratio],
    /// Sums of the logarithms of all cells, by column, and the number of rows.
    logarithms: Vec<f64>,
    rows: usize,
}

impl Table {
    /// Prints the head. Columns are named without their unit, ours first.
    pub(crate) fn begin(
        options: &Options,
        name: &'static str,
        columns: &[&'static str],
        ratios: &'static [Ratio],
    ) -> Self {
        begin(options, name);
        eprintln!("# spread of {name}: case, side, lower quartile, median, upper quartile in us");
        let mut header = vec!["case".to_owned()];
        header.extend(columns.iter().map(|column| format!("{column}_us")));
        header.extend(ratios.iter().map(|ratio| ratio.name.to_owned()));
        println!("{}", header.join("\t"));
        let logarithms = vec![0.0; columns.len() + ratios.len()];
        Self { name, columns: columns.to_vec(), ratios, logarithms, rows: 0 }
    }

    /// Prints a row: medians, then ratios of medians.
    pub(crate) fn row(&mut self, case: &str, spreads: &[Spread]) {
        for (column, spread) in self.columns.iter().zip(spreads) {
            let Spread { low, median, high } = spread;
            eprintln!("{}\t{case}\t{column}\t{low:.3}\t{median:.3}\t{high:.3}", self.name);
        }
        let mut cells: Vec<_> = spreads.iter().map(|spread| spread.median).collect();
        let ratios = self.ratios.iter().map(|ratio| cells[ratio.above] / cells[ratio.below]);
        let ratios: Vec<_> = ratios.collect();
        cells.extend(ratios);
        print_row(case, &cells);
        for (sum, cell) in self.logarithms.iter_mut().zip(cells) {
            *sum += cell.ln();
        }
        self.rows += 1;
    }

    /// Prints the last row: the geometric mean of each column.
    pub(crate) fn mean(self) {
        let mean = |sum: &f64| (sum / self.rows as f64).exp();
        print_row("MEAN", &self.logarithms.iter().map(mean).collect::<Vec<_>>());
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
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:.3}")).collect();
    println!("{case}\t{}", cells.join("\t"));
}
