import Lanes

/// The fraction of targets that are below the output.
struct Coverage: Metric {
    var name: String { "coverage" }

    func sum(for head: MetricHead) -> (any MetricSum)? {
        if case .values = head.target { Sum() } else { nil }
    }

    private struct Sum: MetricSum {
        var (below, all) = (0, 0)

        mutating func add(output: Span<Float>, target: Span<Float>) {
            for i in output.indices where target[i] < output[i] { below += 1 }
            all += output.count
        }

        var value: Double { Double(below) / Double(max(all, 1)) }
    }
}
