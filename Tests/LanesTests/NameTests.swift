import Foundation
import Lanes
import Testing

/// Foundation's names and ours in one file.
@Suite struct NameTests {
    @Test func foundationsNamesKeepTheirMeaning() {
        let queue = OperationQueue()
        let operation: Operation = BlockOperation {}
        queue.addOperations([operation], waitUntilFinished: true)
        #expect(operation.isFinished)
        #expect(exp(0.0) == 1 && log(1.0) == 0 && tanh(0.0) == 0 && erf(0.0) == 0)
        let (data, url): (Data, URL) = (Data([1]), URL(filePath: "/tmp"))
        #expect(data.count == 1 && url.path == "/tmp")
    }

    @Test func oursNeedNoModuleName() {
        let shape: Shape = Shape(channels: 3, height: 2, width: 1)
        let target: Target = .values(shape)
        let padding: Padding = .same(kernel: 3)
        let extent: Extent = 2
        #expect(target.count == 6 && padding == 1 && extent.height == 2)
        #expect(Schedule.constant.description == "constant" && Normalization.none.mean == [0])
    }
}
