//! A query's plan, spread over several partitions where nobody can tell by the rows.
//!
//! Partitions run beside each other. What meets in the order in which they finish (their rows put behind each other,
//! sums of their sums) is another result in each run, so a plan in which that may happen runs in one partition. It does
//! not happen where rows that belong together are sent to one partition by their hash, from one stream in its order,
//! and the partitions meet again in a merge by the query's ORDER BY. That the hash of equal rows is equal is all that
//! is needed of it; the number of partitions does not depend on the number of threads.

use std::sync::Arc;

use datafusion::common::Result as FusionResult;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning};

/// How many, where a plan can be spread.
const PARTITIONS: usize = 4;

/// What gives the rows of each partition in an order of their own, whatever the others do. A sort with a limit does
/// not: its partitions tell each other what need not be looked at.
const APART: [&str; 8] = [
    "AggregateExec",
    "BoundedWindowAggExec",
    "CoalesceBatchesExec",
    "CooperativeExec",
    "FilterExec",
    "ProjectionExec",
    "SortExec",
    "WindowAggExec",
];

/// Plans how a query runs.
pub(super) async fn physical(
    state: &SessionState,
    plan: &LogicalPlan,
) -> FusionResult<Arc<dyn ExecutionPlan>> {
    let mut wide = state.clone();
    let options = wide.config_mut().options_mut();
    options.execution.target_partitions = PARTITIONS;
    options.optimizer.enable_round_robin_repartition = false;
    options.optimizer.repartition_file_scans = false;
    let spread = wide.create_physical_plan(plan).await?;
    if partitions(&spread) > 1 || !is_orderly(&spread) {
        return state.create_physical_plan(plan).await;
    }
    // Of equal rows the one in the first partition comes first.
    let steady = spread.transform_up(|node| {
        Ok(match node.downcast_ref::<SortPreservingMergeExec>() {
            None => Transformed::no(node),
            Some(merge) => Transformed::yes(Arc::new(merge.clone().with_round_robin_repartition(false)) as _),
        })
    });
    Ok(steady?.data)
}

fn partitions(plan: &Arc<dyn ExecutionPlan>) -> usize {
    plan.output_partitioning().partition_count()
}

/// Whether a plan gives the same rows in the same order in each run.
fn is_orderly(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let children = plan.children();
    let below = children.iter().all(|child| is_orderly(child));
    let alone = partitions(plan) == 1 && children.iter().all(|child| partitions(child) == 1);
    below && (alone || APART.contains(&plan.name()) || meets_by_order(plan) || sends_by_hash(plan))
}

fn meets_by_order(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<SortPreservingMergeExec>().is_some()
}

fn sends_by_hash(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<RepartitionExec>().is_some_and(|sends| {
        matches!(sends.partitioning(), Partitioning::Hash(..)) && partitions(sends.input()) == 1
    })
}
