// The forward pass of a single image on several threads: bands of rows of the output, each a convolution by itself of the rows
// of the input that it sees. Neighbours read some rows both; padding above and below is left to the first and the last.
//
//     input   ┌──────────┐             output  ┌──────────┐
//             │  band 0  │                     │  band 0  │
//             │┄┄┄┄┄┄┄┄┄┄│ ↕ read by both      ├──────────┤
//             │  band 1  │                     │  band 1  │
//             └──────────┘                     └──────────┘

/// Some rows of a convolution's output.
package struct ConvolutionBand: Sendable {
    package let geometry: ConvolutionGeometry
    /// Where its part of an image begins, in numbers.
    package let input: Int
    /// Where its part of the output begins.
    package let output: Int
}

extension ConvolutionGeometry {
    /// Cuts the output into at most `most` bands whose forward passes give the bits of the whole's: each is done by the same
    /// kernels, and Winograd's tiles of four rows stay what they are.
    package func bands(atMost most: Int) -> [ConvolutionBand] {
        let height = window.output.height
        for count in stride(from: min(most, (height + 3) / 4), to: 1, by: -1) {
            // The quarters of the height are shared out as equally as they can be.
            let ends = (0...count).map { min(height, 4 * ($0 * ((height + 3) / 4) / count)) }
            let bands = zip(ends, ends.dropFirst()).compactMap { band($0..<$1) }
            if bands.count == count { return bands }
        }
        return [ConvolutionBand(geometry: self, input: 0, output: 0)]
    }

    /// nil where it sees nothing but padding, or other kernels would do it.
    private func band(_ rows: Range<Int>) -> ConvolutionBand? {
        let first = rows.lowerBound * window.stride.height - window.padding.top
        let end = (rows.upperBound - 1) * window.stride.height - window.padding.top + window.reach.height
        let (start, stop) = (max(0, first), min(window.input.height, end))
        guard start < stop else { return nil }
        let seen = start..<stop
        let padding = Padding(
            top: seen.lowerBound - first, left: window.padding.left, bottom: end - seen.upperBound,
            right: window.padding.right)
        let geometry = ConvolutionGeometry(
            window: WindowGeometry(
                input: Extent(height: seen.count, width: window.input.width), channels: window.channels,
                kernel: window.kernel, stride: window.stride, padding: padding, dilation: window.dilation),
            outputChannels: outputChannels, groups: groups)
        guard geometry.group.isWinograd == group.isWinograd else { return nil }
        return ConvolutionBand(
            geometry: geometry, input: seen.lowerBound * window.input.width * window.channels,
            output: rows.lowerBound * window.output.width * outputChannels)
    }
}
