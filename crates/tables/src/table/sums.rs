//! Sums and means of floats that do not depend on the order of their rows.
//!
//! A float keeps 53 bits, so that a plain sum is another one in each order of its terms: tables would differ in their
//! last bits with the order of rows in files, and totals that are equal would not compare as such. Here a sum is held
//! as two floats, `high + low`, which together keep 106 bits. As long as they suffice no bit is lost, whatever the
//! order; they do for any million numbers whose sizes are within a factor of 10 billion of each other. Beyond that the
//! result is still nearer to the true sum than a plain one.
//!
//! Source: T. J. Dekker, "A floating-point technique for extending the available precision", 1971; D. E. Knuth, "The
//! Art of Computer Programming", volume 2, 4.2.2, for the error of an addition.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Float64Array, Float64Builder, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, UInt64Type};
use datafusion::common::{Result as FusionResult, ScalarValue};
use datafusion::functions_aggregate::{average::avg_udaf, sum::sum_udaf};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature,
};

/// `sum` and `avg`: of floats as said above, of all other types as they are.
pub(super) fn functions() -> [AggregateUDF; 2] {
    let of = |inner, kind| AggregateUDF::new_from_impl(Steady { inner, kind });
    [of(sum_udaf(), Kind::Sum), of(avg_udaf(), Kind::Mean)]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Sum,
    Mean,
}

/// An aggregate, and the one whose place it takes.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Steady {
    inner: Arc<AggregateUDF>,
    kind: Kind,
}

impl Steady {
    /// Whether it is this one that adds up. DISTINCT leaves few rows, and has a type of its own for each.
    fn is_ours(returns: &DataType, distinct: bool) -> bool {
        *returns == DataType::Float64 && !distinct
    }
}

impl AggregateUDFImpl for Steady {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, given: &[DataType]) -> FusionResult<DataType> {
        self.inner.return_type(given)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> FusionResult<Vec<FieldRef>> {
        if !Self::is_ours(args.return_type(), args.is_distinct) {
            return self.inner.state_fields(args);
        }
        let field = |name, kind| Arc::new(Field::new(format_state_name(args.name, name), kind, false));
        Ok(vec![
            field("high", DataType::Float64),
            field("low", DataType::Float64),
            field("count", DataType::UInt64),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> FusionResult<Box<dyn Accumulator>> {
        match Self::is_ours(args.return_type(), args.is_distinct) {
            true => Ok(Box::new(One { kind: self.kind, sum: Sum::default() })),
            false => self.inner.accumulator(args),
        }
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        Self::is_ours(args.return_type(), args.is_distinct) || self.inner.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> FusionResult<Box<dyn GroupsAccumulator>> {
        match Self::is_ours(args.return_type(), args.is_distinct) {
            true => Ok(Box::new(Many { kind: self.kind, sums: Vec::new() })),
            false => self.inner.create_groups_accumulator(args),
        }
    }

    /// Rows enter and leave a frame in the order of its window: there is no other one.
    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> FusionResult<Box<dyn Accumulator>> {
        self.inner.create_sliding_accumulator(args)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

/// The sum of some numbers, and how many they are.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    high: f64,
    /// What `high` could not hold: at most half of its last bit.
    low: f64,
    count: u64,
}

impl Sum {
    fn add(&mut self, number: f64) {
        let (high, error) = two_sum(self.high, number);
        self.settle(high, self.low + error);
        self.count += 1;
    }

    fn merge(&mut self, other: Self) {
        let (high, error) = two_sum(self.high, other.high);
        let (low, rest) = two_sum(self.low, other.low);
        self.settle(high, error + low);
        self.settle(self.high, self.low + rest);
        self.count += other.count;
    }

    fn settle(&mut self, high: f64, low: f64) {
        let sum = high + low;
        // Beyond all floats there is nothing left to hold.
        (self.high, self.low) = if sum.is_finite() { (sum, low - (sum - high)) } else { (high, 0.0) };
    }

    fn value(self, kind: Kind) -> Option<f64> {
        let count = self.count as f64;
        let value = match kind {
            Kind::Sum => self.high,
            Kind::Mean => {
                let mean = self.high / count;
                // What the division has left over.
                let rest = ((-mean).mul_add(count, self.high) + self.low) / count;
                if rest.is_finite() { mean + rest } else { mean }
            }
        };
        (self.count > 0).then_some(value)
    }
}

/// A sum as a float, and what is missing from it.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// The sum of all rows.
#[derive(Debug)]
struct One {
    kind: Kind,
    sum: Sum,
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> FusionResult<()> {
        values[0].as_primitive::<Float64Type>().iter().flatten().for_each(|number| self.sum.add(number));
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> FusionResult<()> {
        sums(states).for_each(|sum| self.sum.merge(sum));
        Ok(())
    }

    fn state(&mut self) -> FusionResult<Vec<ScalarValue>> {
        let Sum { high, low, count } = self.sum;
        Ok(vec![high.into(), low.into(), count.into()])
    }

    fn evaluate(&mut self) -> FusionResult<ScalarValue> {
        Ok(ScalarValue::Float64(self.sum.value(self.kind)))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// The sums of groups.
struct Many {
    kind: Kind,
    sums: Vec<Sum>,
}

impl GroupsAccumulator for Many {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> FusionResult<()> {
        self.sums.resize(total, Sum::default());
        let numbers = values[0].as_primitive::<Float64Type>();
        if filter.is_none() && numbers.null_count() == 0 {
            for (group, number) in groups.iter().zip(numbers.values()) {
                self.sums[*group].add(*number);
            }
            return Ok(());
        }
        let counts = |row: usize| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        for (row, (group, number)) in groups.iter().zip(numbers).enumerate() {
            if let Some(number) = number.filter(|_| counts(row)) {
                self.sums[*group].add(number);
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> FusionResult<()> {
        self.sums.resize(total, Sum::default());
        for (group, sum) in groups.iter().zip(sums(states)) {
            self.sums[*group].merge(sum);
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> FusionResult<Vec<ArrayRef>> {
        let mut alone = Self { kind: self.kind, sums: Vec::new() };
        let groups: Vec<usize> = (0..values[0].len()).collect();
        alone.update_batch(values, &groups, filter, groups.len())?;
        alone.state(EmitTo::All)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> FusionResult<ArrayRef> {
        let sums = emit_to.take_needed(&mut self.sums);
        let mut values = Float64Builder::with_capacity(sums.len());
        sums.iter().for_each(|sum| values.append_option(sum.value(self.kind)));
        Ok(Arc::new(values.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> FusionResult<Vec<ArrayRef>> {
        let sums = emit_to.take_needed(&mut self.sums);
        let highs: Float64Array = sums.iter().map(|sum| Some(sum.high)).collect();
        let lows: Float64Array = sums.iter().map(|sum| Some(sum.low)).collect();
        let counts: UInt64Array = sums.iter().map(|sum| Some(sum.count)).collect();
        Ok(vec![Arc::new(highs), Arc::new(lows), Arc::new(counts)])
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<Sum>()
    }
}

fn sums(states: &[ArrayRef]) -> impl Iterator<Item = Sum> {
    let [high, low] = [0, 1].map(|i| states[i].as_primitive::<Float64Type>().values());
    let count = states[2].as_primitive::<UInt64Type>().values();
    high.iter().zip(low).zip(count).map(|((high, low), count)| Sum { high: *high, low: *low, count: *count })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(numbers: &[f64]) -> Sum {
        let mut sum = Sum::default();
        numbers.iter().for_each(|number| sum.add(*number));
        sum
    }

    proptest::proptest! {
        #[test]
        fn neither_order_nor_parts_change_a_sum(
            cents in proptest::collection::vec(-10_000_000_i64..10_000_000, 1..200), cut in 0_usize..200
        ) {
            let numbers: Vec<f64> = cents.iter().map(|cents| *cents as f64 / 100.0).collect();
            let mut sorted = numbers.clone();
            sorted.sort_by(f64::total_cmp);
            let reversed: Vec<f64> = sorted.iter().rev().copied().collect();
            let (one, other) = numbers.split_at(cut.min(numbers.len()));
            let mut merged = sum(one);
            merged.merge(sum(other));
            let expect = sum(&numbers).high.to_bits();
            for other in [sum(&sorted), sum(&reversed), merged] {
                proptest::prop_assert_eq!(other.high.to_bits(), expect);
            }
        }
    }

    #[test]
    fn a_sum_is_the_float_nearest_to_the_true_one() {
        assert_eq!(sum(&[0.1; 10]).value(Kind::Sum), Some(1.0));
        assert_eq!(sum(&[1e16, 1.0, -1e16]).value(Kind::Sum), Some(1.0));
        assert_eq!(sum(&[0.3, 0.1, 0.2]).value(Kind::Mean), Some(0.2));
        assert_eq!(sum(&[]).value(Kind::Sum), None);
        assert_eq!(sum(&[f64::MAX, f64::MAX]).value(Kind::Sum), Some(f64::INFINITY));
        assert_eq!(sum(&[f64::INFINITY, 1.0]).value(Kind::Sum), Some(f64::INFINITY));
        assert!(sum(&[f64::NAN, 1.0]).value(Kind::Sum).is_some_and(f64::is_nan));
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).value(Kind::Sum).is_some_and(f64::is_nan));
    }
}
