extension DrawingPage {
    /// JavaScript that tells ink from paper as `GrayImage.inkOnPaper` does. It works in Float, so each step here is
    /// rounded to it.
    static let paperScript = #"""
        // An image is { pixels, height, width }: bytes, [height][width].

        /** What is wrong with an image, in the words of predict. */
        class ImageError extends Error {}

        /** The nearest whole number; halves go away from zero. */
        const rounded = number => Math.sign(number) * Math.floor(Math.abs(number) + 0.5);

        /** How many pixels have each value. */
        class Histogram {
          constructor(pixels) {
            this.counts = new Uint32Array(256);
            for (let i = 0; i < pixels.length; i++) this.counts[pixels[i]] += 1;
          }

          /** The value of the pixel that would have the place, from 0, if all were sorted. */
          valueAtRank(rank) {
            let seen = 0;
            return this.counts.findIndex(pixels => (seen += pixels) > rank);
          }

          countAbove(value) {
            return this.counts.subarray(value + 1).reduce((sum, pixels) => sum + pixels, 0);
          }
        }

        /** How light the paper of a picture is: the same everywhere, or growing evenly from side to side. */
        class Paper {
          /** The one of both kinds that is nearer to the border. */
          static of(image) {
            const { pixels, height, width } = image, even = new Paper(image, 0, 0);
            const median = (start, step, length) =>
              Uint8Array.from({ length }, (_, i) => pixels[start + i * step]).sort()[length >> 1];
            const last = pixels.length - width;
            const down = median(last, 1, width) - median(0, 1, width);
            const along = median(width - 1, width, height) - median(0, width, height);
            const tilted = new Paper(
              image, Math.fround(down / Math.max(1, height - 1)), Math.fround(along / Math.max(1, width - 1)));
            return tilted.spread < even.spread ? tilted : even;
          }

          constructor({ pixels, height, width }, perRow, perColumn) {
            const { fround } = Math, border = [];
            for (let column = 0; column < width; column++) border.push([0, column], [height - 1, column]);
            for (let row = 0; row < height; row++) border.push([row, 0], [row, width - 1]);
            const tilt = (row, column) => fround(fround(perRow * row) + fround(perColumn * column));
            const levels = Float32Array.from(
              border, ([row, column]) => pixels[row * width + column] - tilt(row, column));
            const corner = levels.sort()[levels.length >> 1];
            const distances = Float32Array.from(border, ([row, column]) =>
              Math.abs(fround(pixels[row * width + column] - corner) - tilt(row, column))).sort();
            const nearest = distances.subarray(0, Math.floor((distances.length * 7 + 9) / 10));
            Object.assign(this, { perRow, perColumn, corner });
            /** The grey in the middle of the picture. */
            this.middle = rounded(fround(corner + fround(tilt(height - 1, width - 1) / 2)));
            /** How far pixels of the border are from the paper, without the farthest 30 %, which may be ink. */
            this.spread = fround(nearest.reduce((sum, distance) => fround(sum + distance), 0) / nearest.length);
          }

          /** How much lighter the pixel is than the paper, −255…255. */
          difference({ pixels, width }, row, column) {
            const { fround } = Math;
            const paper = fround(fround(this.corner + fround(this.perRow * row)) + fround(this.perColumn * column));
            return rounded(fround(pixels[row * width + column] - Math.min(Math.max(paper, 0), 255)));
          }

          /** Whether the paper is as even as no camera sees it. */
          get isDrawn() { return this.spread < 1; }

          /** Whether the picture's border shows nothing else. */
          isWholeBorder(image) {
            const { height, width } = image, most = Math.max(8, Math.trunc(Math.fround(3.5 * this.spread)));
            for (let row = 0; row < height; row++) {
              const step = row === 0 || row === height - 1 ? 1 : Math.max(1, width - 1);
              for (let column = 0; column < width; column += step) {
                if (Math.abs(this.difference(image, row, column)) > most) return false;
              }
            }
            return true;
          }
        }

        /** What is drawn on the picture, by itself: 0 where it shows paper, 255 where it shows ink. */
        function inkOnPaper(image) {
          const { height, width } = image, paper = Paper.of(image);
          if (Math.min(height, width) >= 64 && !paper.isWholeBorder(image)) {
            const ink = new Photograph(image).ink(paper.isDrawn);
            if (ink) return ink;
          }
          // The squares of large differences tell ink, wherever the paper's own lie.
          const differences = new Int16Array(height * width);
          let darker = 0, lighter = 0, place = 0;
          for (let row = 0; row < height; row++) {
            for (let column = 0; column < width; column++) {
              const difference = paper.difference(image, row, column);
              differences[place++] = difference;
              if (difference < 0) darker += difference * difference; else lighter += difference * difference;
            }
          }
          const sign = darker > lighter ? -1 : 1, contrasts = new Uint8Array(height * width);
          for (let i = 0; i < contrasts.length; i++) contrasts[i] = Math.max(0, sign * differences[i]);
          const noise = rounded(Math.min(Math.fround(10 * paper.spread), 255));
          return inkOf({ pixels: contrasts, height, width }, noise, paper.middle);
        }

        /**
         * Ink by how far it differs from paper.
         * @param contrasts An image of the differences.
         * @param noise What paper may differ by.
         * @param paper Its grey, for the error.
         */
        function inkOf({ pixels: contrasts, height, width }, noise, paper) {
          const levels = new Histogram(contrasts), last = contrasts.length - 1, least = Math.max(noise, 16);
          // A stroke covers more than a two-thousandth of a picture, a speck less.
          const peak = levels.valueAtRank(last - Math.floor(contrasts.length / 2000));
          if (peak <= least) {
            throw new ImageError("found no ink: next to nothing differs from the paper, which is grey "
              + `${paper} of 255, by more than ${least}`);
          }
          // Ink varies on a photo: its strongest tenth becomes white.
          const full = levels.valueAtRank(last - Math.floor(levels.countAbove(peak >> 1) / 10));
          const faintest = Math.min(noise, full >> 1);
          const stretched = Uint8Array.from(levels.counts, (_, contrast) =>
            contrast > faintest ? (255 * Math.min(contrast, full) + (full >> 1)) / full : 0);
          const pixels = new Uint8Array(contrasts.length);
          for (let i = 0; i < pixels.length; i++) pixels[i] = stretched[contrasts[i]];
          return { pixels, height, width };
        }

        """#
}
