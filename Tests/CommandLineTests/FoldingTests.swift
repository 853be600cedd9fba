import LanesCommandLine
import Testing

@Suite("Lines that are folded")
struct FoldingTests {
    private let epoch = ["epoch 3/10", "training loss 0.0812", "test loss 0.0650", "test digit 97.94 %", "5.9 s"]

    @Test("Parts stay whole, whatever the width")
    func parts() {
        #expect(folded(epoch, width: nil) == epoch.joined(separator: "  "))
        #expect(
            folded(epoch, width: 40) == """
                epoch 3/10  training loss 0.0812
                  test loss 0.0650  test digit 97.94 %
                  5.9 s
                """)
        for width in 1...90 {
            let lines = folded(epoch, width: width).split(separator: "\n").map { $0.drop { $0 == " " } }
            #expect(lines.joined(separator: "  ") == epoch.joined(separator: "  "))
            #expect(width < 23 || lines.allSatisfy { $0.count <= width })
        }
    }

    @Test("Words are kept, and numbers with their per cent sign")
    func words() {
        let text = "published: digit accuracy 98.86 %, rotation accuracy 99.59 %"
        for width in 1...70 {
            let lines = folded(words: text, width: width).split(separator: "\n").map { $0.drop { $0 == " " } }
            #expect(lines.joined(separator: " ") == text)
            #expect(!lines.contains { $0.hasPrefix("%") })
        }
    }
}
