import Foundation
import LanesData
import LanesFiles
import LanesGraph
import LanesTraining
import TestSupport
import Testing

@Suite struct TableTests {
    /// Ways to write the same table of the columns a, b and y.
    @Test(.namingCases)
    static func waysToWriteCases() {
        forEach([
            ("lines", "a,b,y\n1,2,3\n-4.5,5e-1,6\n"), ("no end of line", "a,b,y\n1,2,3\n-4.5,.5,6"),
            ("CR LF", "a,b,y\r\n1,2,3\r\n-4.5,0.5,6\r\n"), ("CR", "a,b,y\r1,2,3\r-4.5,0.5,6"),
            ("byte order mark", "\u{feff}a,b,y\n1,2,3\n-4.5,0.5,6\n"), ("semicolons", "a;b;y\n1;2;3\n-4.5;0.5;6\n"),
            ("tabs", "a\tb\ty\n1\t2\t3\n-4.5\t0.5\t6\n"), ("spaces", " a , b,y \n 1,2 , 3\n-4.5,\t+0.5,6 \n"),
            ("quotes", "\"a\",\"b\",\"y\"\n\"1\",2,\"3\"\n-4.5,\"0.5\",6\n"),
            ("empty lines", "\n\na,b,y\n\n1,2,3\n\n\n-4.5,0.5,6\n\n"),
        ]) { try Self().waysToWrite(what: $0, text: $1) }
    }

    func waysToWrite(what: String, text: String) throws {
        let table = try Table(content: Array(text.utf8), name: what)
        #expect(table.features == ["a", "b"] && table.targetName == "y" && table.count == 2)
        #expect(table.inputs == [Shape(channels: 2)] && table.targets == [.values(Shape(channels: 1))])
        let (inputs, targets) = try contents(of: table)
        #expect(inputs == [[1, 2], [-4.5, 0.5]] && targets == [[3], [6]])
        #expect(table.targetValues == [3, 6])
    }

    @Test func quotedFieldsHoldAnything() throws {
        let text = "\"one,\n\"\"two\"\"\",kind\n1,\"a, \"\"b\"\"\r\nc\"\n2,\"é; \"\n3,\"\"\"\"\n"
        let table = try Table(content: Array(text.utf8), name: "t")
        #expect(table.features == ["one,\n\"two\""])
        #expect(table.targets == [.classes(["\"", "a, \"b\"\r\nc", "é;"])] && table.targetValues == [1, 2, 0])
    }

    /// A field takes many times the byte that a separator takes in the file.
    @Test func tooManyFieldsAreRefusedBeforeTheyAreKept() {
        let content = [UInt8](repeating: UInt8(ascii: ","), count: 1 << 23)
        let error = expectLittleMemory(beside: 1 << 27) {
            #expect(throws: FileError.self) { try Table(content: content, name: "t") }
        }
        #expect(error == .badData(file: "t", problem: "line 1: found more than 1048576 fields in a line"))
    }

    @Test func targetAnywhere() throws {
        let content = Array("a,y,b\n1,2,3\n4,5,6\n".utf8)
        let table = try Table(content: content, name: "t", target: "y")
        #expect(table.features == ["a", "b"] && table.targetValues == [2, 5])
        #expect(try contents(of: table).inputs == [[1, 3], [4, 6]])
    }

    @Test(.namingCases)
    static func classesCases() {
        forEach([
            ("names", "b a c b", Table.TargetKind.automatic, ["a", "b", "c"], [1, 0, 2, 1] as [Float]),
            ("capitals first", "b B a A", .classes, ["A", "B", "a", "b"], [3, 1, 2, 0]),
            ("numbers", "10 9 -1 10", .classes, ["-1", "9", "10"], [2, 1, 0, 2]),
            ("numbers and names", "10 9 x", .classes, ["10", "9", "x"], [0, 1, 2]),
            ("names, then a number", "x 9 10", .automatic, ["10", "9", "x"], [2, 1, 0]),
        ]) { try Self().classes(what: $0, column: $1, kind: $2, names: $3, values: $4) }
    }

    func classes(what: String, column: String, kind: Table.TargetKind, names: [String], values: [Float]) throws {
        let text = "a,y\n" + column.split(separator: " ").map { "1,\($0)\n" }.joined()
        let table = try Table(content: Array(text.utf8), name: what, kind: kind)
        #expect(table.targets == [.classes(names)] && table.targetValues == values)
    }

    @Test func featuresAsAnImage() throws {
        let content = Array("p0,p1,p2,p3,y\n1,2,3,4,a\n".utf8)
        let shape = Shape(channels: 1, height: 2, width: 2)
        let table = try Table(content: content, name: "t", shape: shape)
        #expect(table.inputs == [shape])
        #expect(try contents(of: table).inputs == [[1, 2, 3, 4]])
        #expect(
            throws: FileError.badData(
                file: "t", problem: "found 4 columns beside the target, expected those of shape 1×3×2")
        ) { try Table(content: content, name: "t", shape: Shape(channels: 1, height: 3, width: 2)) }
    }

    @Test(.namingCases)
    static func mistakesCases() {
        forEach([
            ("", "found an empty file, expected a table"), ("\n\r\n", "found an empty file, expected a table"),
            ("a,y", "found no line after the first one, which names the columns"),
            (
                "y\n1\n",
                "line 1: found one column, expected a target and at least one more, separated by commas, semicolons or tabs"
            ),
            ("a,a,y\n", "line 1: found two columns named a, expected each name once"),
            ("a,,y\n", "line 1: column 2 has no name"),
            ("1.5,2,3\n1,2,3\n", "line 1: found numbers alone, expected the names of the columns"),
            ("a,y\n1,2\n,3\n", "line 3, column a: the value is missing"),
            ("a,y\n1,2\n1, \n", "line 3, column y: the value is missing"),
            ("a,y\n1,2\n\n1,2,3\n", "line 4: found 3 fields, expected 2 as in the first line"),
            ("a,y\n1\n", "line 2: found 1 fields, expected 2 as in the first line"),
            ("a,y\r\n1,\"x\r\n\"\r\n\r\nb,x\r\n", "line 5, column a: found \"b\", expected a number"),
            ("a,y\n1x,2\n", "line 2, column a: found \"1x\", expected a number"),
            ("a,y\nnan,2\n", "line 2, column a: found \"nan\", expected a number"),
            ("a,y\n0x10,2\n", "line 2, column a: found \"0x10\", expected a number"),
            ("a,y\n1e99,2\n", "line 2, column a: found \"1e99\", expected a number"),
            ("a;y\n1,5;2\n", "line 2, column a: found \"1,5\", expected a number"),
            (
                "a,y\n1,2\n1,cat\n",
                "line 3, column y: found \"cat\", expected a number as in the lines before (or ask for classes)"
            ),
            ("a,y\n1,\"x\n\n\"\nb,x\n", "line 5, column a: found \"b\", expected a number"),
            ("a,y\n1,\"x\n\n", "line 2: found the end of the file in a field whose quote is not closed"),
            ("a,y\n1,\"x\"z\n", "line 2: found text after a field's closing quote, expected a separator"),
            (
                "a,y\n1,x\"z\"\n",
                "line 2: found a quote within a field, expected the whole field in quotes, and two for one"
            ),
        ]) { Self().mistakes(text: $0, problem: $1) }
    }

    func mistakes(text: String, problem: String) {
        #expect(throws: FileError.badData(file: "t.csv", problem: problem)) {
            try Table(content: Array(text.utf8), name: "t.csv")
        }
    }

    @Test func moreMistakes() {
        let content = Array("a,y\n1,cat\n".utf8)
        #expect(throws: FileError.badData(file: "t", problem: "found no column z, expected one of a, y")) {
            try Table(content: content, name: "t", target: "z")
        }
        #expect(throws: FileError.badData(file: "t", problem: "line 2, column y: found \"cat\", expected a number")) {
            try Table(content: content, name: "t", kind: .values)
        }
        #expect(throws: FileError.badData(file: "t", problem: "line 2: found bytes that are not UTF-8")) {
            try Table(content: Array("a,y\n1,".utf8) + [0xff, 0x0a], name: "t")
        }
        let classes = "a,y\n" + (0...65536).map { "1,c\($0)\n" }.joined()
        #expect(
            throws: FileError.badData(
                file: "t", problem: "line 65538, column y: found more than 65536 classes, expected a column of few")
        ) { try Table(content: Array(classes.utf8), name: "t") }
    }

    @Test func files() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(GzipFixtures.stored(Array("a,y\n1,2\n".utf8)), to: "t.csv.gz")
        let table = try Table(contentsOf: URL(fileURLWithPath: path))
        #expect(table.name == "t.csv.gz" && table.targetValues == [2])
        let absent = directory.path + "/absent.csv"
        #expect(throws: FileError.missingInput(path: absent, problem: "No such file or directory")) {
            try Table(contentsOf: URL(fileURLWithPath: absent))
        }
    }
}
