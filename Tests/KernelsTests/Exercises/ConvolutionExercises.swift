import LanesKernels
import Testing

@Suite("Exercises of the chapter Convolution")
struct ConvolutionExercises {
    @Test("The size of the patches")
    func patches() {
        let window = WindowGeometry(input: 28, channels: 3, kernel: 3, padding: 1)
        #expect(window.outputPositions == 784)
        #expect(window.patch == 27)
    }

    @Test("Winograd's multiplications for an output")
    func winograd() {
        let geometry = ConvolutionGeometry(
            window: WindowGeometry(input: 8, channels: 16, kernel: 3, padding: 1), outputChannels: 16)
        #expect(geometry.winogradWeightCount >= 36 * 16 * 16)
        #expect(36.0 / 16 == 9.0 / 4)
    }
}
