import LanesData
import LanesFiles
import LanesGraph
import LanesTraining
import Testing

@Suite struct ArrayDatasetTests {
    @Test func rowsWithClasses() throws {
        let data = try ArrayDataset([[0, 0], [0, 1], [1, 0]], labels: [0, 2, 1])
        #expect(data.count == 3 && data.inputs == [Shape(channels: 2)])
        #expect(data.targets == [.classes(["0", "1", "2"])])
        let (inputs, targets) = try contents(of: data)
        #expect(inputs == [[0, 0], [0, 1], [1, 0]] && targets == [[0], [2], [1]])
    }

    @Test func flatNumbersWithNamedClasses() throws {
        let shape = Shape(channels: 3, height: 1, width: 2)
        let data = try ArrayDataset(
            (0..<12).map { Float($0) }, shape: shape, labels: [1, 0], classes: ["cat", "dog", "cow"])
        #expect(data.count == 2 && data.inputs == [shape] && data.targets == [.classes(["cat", "dog", "cow"])])
        #expect(try contents(of: data).inputs == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]])
    }

    @Test func rowsWithValues() throws {
        let data = try ArrayDataset(
            [[1], [2]], values: [[1, 2, 3, 4], [5, 6, 7, 8]], valueShape: Shape(channels: 1, height: 2, width: 2))
        #expect(data.targets == [.values(Shape(channels: 1, height: 2, width: 2))])
        #expect(try contents(of: data).targets == [[1, 2, 3, 4], [5, 6, 7, 8]])
    }

    @Test func severalInputsAndHeads() throws {
        let data = try ArrayDataset(
            name: "two", inputs: [.init([[1, 2], [3, 4]]), .init([5, 6], shape: Shape(channels: 1))],
            targets: [.classes([1, 0]), .values(.init([[7], [8]]))])
        #expect(data.name == "two" && data.inputs == [Shape(channels: 2), Shape(channels: 1)])
        #expect(data.targets == [.classes(["0", "1"]), .values(Shape(channels: 1))])
        #expect(try contents(of: data, input: 0, head: 0) == ([[1, 2], [3, 4]], [[1], [0]]))
        #expect(try contents(of: data, input: 1, head: 1) == ([[5], [6]], [[7], [8]]))
    }

    @Test func mistakes() {
        let pair = Shape(channels: 2)
        expect("found no samples, expected at least one input of one sample") { try ArrayDataset([], labels: []) }
        expect("found no samples, expected at least one input of one sample") { try ArrayDataset([[]], labels: [0]) }
        expect("found no samples, expected at least one input of one sample") {
            try ArrayDataset(inputs: [], targets: [])
        }
        expect("input 0: found 1 in sample 1, expected 2") { try ArrayDataset([[1, 2], [3]], labels: [0, 0]) }
        expect("input 0: found 2 in sample 0, expected 4") {
            try ArrayDataset([[1, 2], [3, 4]], shape: Shape(channels: 4), labels: [0])
        }
        expect("found 3 numbers for input 0, expected those of 1 samples of 2") {
            try ArrayDataset([1, 2, 3], shape: pair, labels: [0])
        }
        expect("found 2 labels, expected one for each of 1 samples") { try ArrayDataset([[1]], labels: [0, 0]) }
        expect("found label 2 for sample 1, expected 0…1") {
            try ArrayDataset([[1], [2]], labels: [0, 2], classes: ["a", "b"])
        }
        expect("found label -1 for sample 0, expected 0…0") { try ArrayDataset([[1]], labels: [-1]) }
        expect("found 1000000001 classes, expected at most 16777216") {
            try ArrayDataset([[1]], labels: [1_000_000_000])
        }
        expect("found nan in sample 1 of input 0, expected a finite number") {
            try ArrayDataset([[1, 2], [3, .nan]], labels: [0, 0])
        }
        expect("found inf in sample 0 of target 0, expected a finite number") {
            try ArrayDataset([[1]], values: [[.infinity]])
        }
        expect("found 1 numbers for target 0, expected those of 2 samples of 1") {
            try ArrayDataset([[1], [2]], values: [[1]])
        }
        expect("found 1 numbers for input 1, expected those of 2 samples of 1") {
            try ArrayDataset(inputs: [.init([[1], [2]]), .init([[1]])], targets: [])
        }
        expect("found shape -1×-1×2 for input 0, expected sizes of at least 1") {
            try ArrayDataset([1, 2], shape: Shape(channels: -1, height: -1, width: 2), labels: [0])
        }
    }

    private func expect(
        _ problem: String, sourceLocation: SourceLocation = #_sourceLocation, _ make: () throws -> ArrayDataset
    ) {
        #expect(throws: FileError.badData(file: "arrays", problem: problem), sourceLocation: sourceLocation) {
            try make()
        }
    }
}
