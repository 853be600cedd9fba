import Foundation
import Lanes

/// What a saved network takes a picture for.
func predictPicture(_ path: String, with file: URL) throws -> Prediction {
    let model = try Model(contentsOf: file)
    let picture = try Picture.load(path, color: .rgb).resized(to: 32)
    return try model.predict(picture.pixels)
}
