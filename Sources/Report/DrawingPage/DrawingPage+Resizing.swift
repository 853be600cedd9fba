extension DrawingPage {
    /// JavaScript that brings a picture to another size as `Picture.resized` does. It works in Float, so each step here
    /// is rounded to it.
    static let resizingScript = #"""
        /** For each new pixel of a row or column, the first old one that it is made of, and the weights from there. */
        function resizing(start, end, size) {
          const length = end - start, scale = length / size;
          return Array.from({ length: size }, (_, index) => {
            let first, weights;
            if (scale >= 1) {
              // Every old pixel weighs what the new one covers of it.
              const from = index * scale, to = from + scale;
              first = Math.min(Math.floor(from), length - 1);
              const last = Math.max(first, Math.min(Math.ceil(to), length) - 1);
              weights = [];
              for (let i = first; i <= last; i++) weights.push(Math.max(0, Math.min(to, i + 1) - Math.max(from, i)));
              const total = weights.reduce((sum, weight) => sum + weight, 0);
              weights = weights.map(weight => weight / total);
            } else {
              // The two old pixels on either side weigh by how near they are.
              const place = Math.min(Math.max((index + 0.5) * scale - 0.5, 0), length - 1);
              first = Math.min(Math.floor(place), Math.max(0, length - 2));
              weights = length === 1 ? [1] : [1 - (place - first), place - first];
            }
            return { first: start + first, weights: Float32Array.from(weights) };
          });
        }

        /**
         * A part of a picture in another size, [height][width][channels]: averaged where it shrinks, bilinear where it
         * grows.
         * @param rows,columns The part's first row or column, and the one behind its last.
         */
        function resize(pixels, width, channels, rows, columns, size) {
          const { fround } = Math;
          const horizontal = resizing(...columns, size.width), vertical = resizing(...rows, size.height);
          const rowLength = size.width * channels;
          const narrowed = new Float32Array((rows[1] - rows[0]) * rowLength);
          let place = 0;
          for (let row = rows[0]; row < rows[1]; row++) {
            for (const { first, weights } of horizontal) {
              for (let channel = 0; channel < channels; channel++) {
                const start = (row * width + first) * channels + channel;
                let sum = 0;
                for (let i = 0; i < weights.length; i++) {
                  sum = fround(sum + fround(weights[i] * pixels[start + i * channels]));
                }
                narrowed[place++] = sum;
              }
            }
          }
          const resized = new Float32Array(size.height * rowLength);
          place = 0;
          for (const { first, weights } of vertical) {
            for (let column = 0; column < rowLength; column++) {
              const start = (first - rows[0]) * rowLength + column;
              let sum = 0;
              for (let i = 0; i < weights.length; i++) {
                sum = fround(sum + fround(weights[i] * narrowed[start + i * rowLength]));
              }
              resized[place++] = sum;
            }
          }
          return resized;
        }

        /** A picture at the size of a network's input, as bytes. */
        function resizedPicture(pixels, height, width, shape) {
          if (height === shape.height && width === shape.width) return pixels;
          return Uint8Array.from(
            resize(pixels, width, shape.channels, [0, height], [0, width], shape), value => Math.floor(value + 0.5));
        }

        /** Opaque pixels of red, green, blue and alpha as grey, or without alpha. */
        function opaque(rgba, channels) {
          const pixels = new Uint8Array(rgba.length / 4 * channels);
          for (let i = 0, place = 0; i < rgba.length; i += 4) {
            if (channels === 1) {
              pixels[place++] = Math.floor((299 * rgba[i] + 587 * rgba[i + 1] + 114 * rgba[i + 2] + 500) / 1000);
            } else {
              for (let c = 0; c < 3; c++) pixels[place++] = rgba[i + c];
            }
          }
          return pixels;
        }

        """#
}
