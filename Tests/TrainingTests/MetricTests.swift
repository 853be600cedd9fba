import LanesGraph
import LanesKernels
import TestSupport
import Testing

@testable import LanesTraining

@Suite("Metrics")
struct MetricTests {
    private let classes = MetricHead(name: "a", outputCount: 4, target: .label(classes: 4), answer: .softmax)
    private let numbers = MetricHead(
        name: "b", outputCount: 2, target: .values(Shape(channels: 2)), answer: .values)
    private let logits = MetricHead(
        name: "c", outputCount: 2, target: .values(Shape(channels: 2), in: 0...1), answer: .sigmoid)

    private func value(
        _ metric: some Metric, _ head: MetricHead, _ samples: [(output: [Float], target: [Float])]
    ) throws -> Double {
        var sum = try #require(metric.sum(for: head))
        for sample in samples { sum.add(output: sample.output.span, target: sample.target.span) }
        return sum.value
    }

    @Test("What says nothing about a head is left out")
    func applies() {
        let all: [any Metric] = [Accuracy(), TopK(2), MacroMean(.f1), ValueError(.meanSquared), ValueError(.r2)]
        #expect(all.map { $0.sum(for: classes) != nil } == [true, true, true, false, false])
        #expect(all.map { $0.sum(for: numbers) != nil } == [false, false, false, true, true])
        #expect(all.map { $0.sum(for: logits) != nil } == [true, false, false, false, false])
        #expect(all.map(\.name) == ["accuracy", "top2", "macro_f1", "mse", "r2"])
    }

    @Test("Accuracy and the classes among the greatest, by sorting", .namingCases)
    func topK() {
        forEach(1...4) { count throws in
            var random = RandomStream(seed: 1, purpose: .shuffle)
            // Few different numbers, so that ties are many.
            let samples = (0..<500).map { _ in
                ((0..<4).map { _ in Float(random.integer(below: 4)) }, [Float(random.integer(below: 4))])
            }
            let right = samples.count { output, target in
                let order = output.indices.sorted { (-output[$0], $0) < (-output[$1], $1) }
                return order.prefix(count).contains(Int(target[0]))
            }
            #expect(try value(TopK(count), classes, samples) == Double(right) / 500)
            if count == 1 { #expect(try value(Accuracy(), classes, samples) == Double(right) / 500) }
            if count == 4 { #expect(right == 500) }
        }
    }

    @Test("NaN counts as greater than everything, and is never right itself")
    func notANumber() throws {
        #expect(try value(Accuracy(), classes, [([.nan, 1, 2, 3], [3])]) == 0)
        #expect(try value(TopK(2), classes, [([.nan, 1, 2, 3], [3])]) == 1)
        #expect(try value(Accuracy(), classes, [([.nan, 0, 0, 0], [0])]) == 0)
        #expect(try value(TopK(4), classes, [([.nan, .nan, .nan, .nan], [1])]) == 0)
    }

    @Test("Labels that are no class count nothing")
    func ignored() throws {
        let samples: [([Float], [Float])] = [
            ([1, 0, 0, 0], [0]), ([1, 0, 0, 0], [-100]), ([1, 0, 0, 0], [4]), ([1, 0, 0, 0], [.nan]),
            ([1, 0, 0, 0], [1]),
        ]
        #expect(try value(Accuracy(), classes, samples) == 0.5)
        #expect(try value(MacroMean(.recall), classes, samples) == 0.25)
        #expect(try value(Accuracy(), classes, []) == 0)
    }

    @Test("Probabilities of their own: the right side of one half")
    func sides() throws {
        let samples: [([Float], [Float])] = [([2, -1], [1, 0]), ([-1, 1], [1, 1]), ([0, 0.1], [0, 1])]
        #expect(try value(Accuracy(), logits, samples) == 5.0 / 6)
    }

    @Test("Macro figures are those of a confusion matrix")
    func macro() throws {
        var random = RandomStream(seed: 2, purpose: .shuffle)
        var confusion = ConfusionMatrix(classes: 4)
        let samples = (0..<300).map { _ in
            let (label, prediction) = (random.integer(below: 4), random.integer(below: 4))
            confusion.add(label: label, prediction: prediction)
            return ((0..<4).map { $0 == prediction ? Float(1) : 0 }, [Float(label)])
        }
        #expect(try value(MacroMean(.precision), classes, samples) == confusion.macroPrecision)
        #expect(try value(MacroMean(.recall), classes, samples) == confusion.macroRecall)
        #expect(try value(MacroMean(.f1), classes, samples) == confusion.macroF1)
        #expect(try value(Accuracy(), classes, samples) == confusion.accuracy)
    }

    @Test("Errors of numbers, also where the targets are large", .namingCases)
    func errors() {
        forEach([0, 1e6] as [Float]) { offset throws in
            var random = RandomStream(seed: 3, purpose: .shuffle)
            let samples = (0..<200).map { _ in
                let target = (0..<2).map { _ in offset + Float(random.uniform(in: -8...8)) }
                return (target.map { $0 + Float(random.uniform(in: -1...1)) }, target)
            }
            let pairs = samples.flatMap { zip($0.0, $0.1).map { (Double($0), Double($1)) } }
            let squares = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let magnitudes = pairs.reduce(0) { $0 + abs($1.0 - $1.1) }
            let mean = pairs.reduce(0) { $0 + $1.1 } / 400
            let spread = pairs.reduce(0) { $0 + ($1.1 - mean) * ($1.1 - mean) }
            #expect(abs(try value(ValueError(.meanSquared), numbers, samples) - squares / 400) < 1e-12)
            #expect(abs(try value(ValueError(.meanAbsolute), numbers, samples) - magnitudes / 400) < 1e-12)
            #expect(abs(try value(ValueError(.r2), numbers, samples) - (1 - squares / spread)) < 1e-9)
        }
    }

    @Test("Targets that never change have no R²")
    func constant() throws {
        #expect(try value(ValueError(.r2), numbers, [([1, 2], [3, 3]), ([1, 2], [3, 3])]) == 0)
        #expect(try value(ValueError(.meanSquared), numbers, []) == 0)
    }

    @Test("A metric of one's own, by its full name, beside the others")
    func own() throws {
        struct Worst: Metric {
            let name = "worst"
            func sum(for head: MetricHead) -> (any MetricSum)? { head.name == "value" ? Sum() : nil }
            struct Sum: MetricSum {
                var value = 0.0
                mutating func add(output: Span<Float>, target: Span<Float>) {
                    value = max(value, abs(Double(output[0]) - Double(target[0])))
                }
            }
        }
        let data = try Samples.mixed(0..<30)
        let trainer = try Trainer(
            Samples.mixedGraph(), training: data,
            settings: TrainingSettings(
                epochs: 1, metrics: [Accuracy(), Worst()], criterion: .least("value_worst"), threads: 2))
        try trainer.run()
        let evaluation = try trainer.evaluate(data)
        #expect(evaluation.metrics.map(\.name) == ["colour_accuracy", "value_worst"])
        let model = trainer.model
        let worst = try (0..<30).map { sample in
            var (picture, row, target) = (
                [Float](repeating: 0, count: 189), [Float](repeating: 0, count: 5), [Float(0)]
            )
            var first = picture.mutableSpan
            data.load(sample, input: 0, into: &first)
            var second = row.mutableSpan
            data.load(sample, input: 1, into: &second)
            var third = target.mutableSpan
            data.target(sample, head: 1, into: &third)
            let answer = try #require(try model.predict(batch: [[picture, row]], threads: 1)[0]["value"])
            return abs(Double(answer.output[0]) - Double(target[0]))
        }
        #expect(abs(try #require(evaluation["value_worst"]) - (worst.max() ?? 0)) < 1e-6)
    }
}
