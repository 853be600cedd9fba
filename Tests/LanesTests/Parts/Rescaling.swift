import Lanes

/// All numbers times a factor that is drawn anew for every sample and epoch.
struct Rescaling: Transform {
    let range: ClosedRange<Double>
    var description: String { "times \(range.lowerBound)…\(range.upperBound)" }

    func apply(
        to source: Span<Float>, shape: Shape, random: inout RandomStream, into target: inout MutableSpan<Float>
    ) {
        let factor = Float(random.uniform(in: range))
        for i in source.indices { target[i] = factor * source[i] }
    }
}
