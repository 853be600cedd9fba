import LanesTraining

/// What a dataset gives for each sample: the numbers of one input, and what one head is compared with. What is not
/// written is NaN.
func contents(
    of dataset: some Dataset, input: Int = 0, head: Int = 0
) throws -> (inputs: [[Float]], targets: [[Float]]) {
    var (inputs, targets): ([[Float]], [[Float]]) = ([], [])
    for sample in 0..<dataset.count {
        var values = [Float](repeating: .nan, count: dataset.inputs[input].count)
        var span = values.mutableSpan
        try dataset.load(sample, input: input, into: &span)
        inputs.append(values)
        var answer = [Float](repeating: .nan, count: dataset.targets[head].count)
        var answerSpan = answer.mutableSpan
        try dataset.target(sample, head: head, into: &answerSpan)
        targets.append(answer)
    }
    return (inputs, targets)
}
