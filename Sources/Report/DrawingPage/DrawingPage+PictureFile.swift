import LanesData

extension DrawingPage {
    /// JavaScript that reads a picture's file as `GrayImage.loadDrawing` does, as far as the browser knows its format.
    static let pictureFileScript = #"""
        /**
         * Of a JPEG file of luma and chroma the same that claims to be of red, green and blue, so that the browser
         * gives the luma as it is, for red; null for all other files.
         */
        function lumaAsRed(bytes) {
          if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
          const kept = [], ascii = (start, end) => String.fromCharCode(...bytes.subarray(start, end));
          let isJFIF = false, transform = null, ids = null, place = 2;
          while (bytes[place] === 0xff && bytes[place + 1] !== 0xda) {
            const marker = bytes[place + 1];
            // A marker may be preceded by any number of these.
            if (marker === 0xff) { place += 1; continue; }
            const end = place + 2 + bytes[place + 2] * 256 + bytes[place + 3];
            const isAdobe = marker === 0xee && ascii(place + 4, place + 9) === "Adobe";
            if (marker === 0xe0) isJFIF ||= ascii(place + 4, place + 9) === "JFIF\0";
            else if (isAdobe) transform = bytes[place + 15];
            else kept.push(bytes.subarray(place, end));
            // The frame: of each component the name, the sampling factors, and the table's number.
            if (marker >= 0xc0 && marker <= 0xc2) {
              ids = Array.from({ length: bytes[place + 9] }, (_, i) => ascii(place + 10 + 3 * i, place + 11 + 3 * i));
            }
            place = end;
          }
          const isRGB = !isJFIF && (transform !== null ? transform === 0 : ids?.join("") === "RGB");
          if (ids?.length !== 3 || isRGB) return null;
          // Adobe's segment: version 100, no flags, no transform.
          const adobe = Uint8Array.of(0xff, 0xee, 0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, 0);
          return new Blob([bytes.subarray(0, 2), adobe, ...kept, bytes.subarray(place)], { type: "image/jpeg" });
        }

        /** A file's pixels, as they are stored, turned upright; of no more than predict takes. */
        async function decoded(file) {
          const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
          const { height, width } = bitmap;
          if (height * width <= mostPixels) return bitmap;
          bitmap.close();
          throw new ImageError(`found ${height}×${width} pixels, expected at most ${mostPixels} in all`);
        }

        const mostPixels = \#(LanesData.Picture.maximumFilePixels);

        /** Red, green, blue and alpha of each pixel. */
        function pixelsOf(bitmap) {
          const canvas = document.createElement("canvas"), { height, width } = bitmap;
          [canvas.width, canvas.height] = [width, height];
          const target = canvas.getContext("2d", { willReadFrequently: true });
          target.drawImage(bitmap, 0, 0);
          const { data } = target.getImageData(0, 0, width, height);
          for (let i = 3; i < data.length; i += 4) {
            if (data[i] > 0 && data[i] < 255) return transparentPixels(bitmap) ?? data;
          }
          return data;
        }

        /** The same to the last bit: a canvas keeps colours times alpha, a texture the colours. */
        function transparentPixels(bitmap) {
          const gl = document.createElement("canvas").getContext("webgl"), { height, width } = bitmap;
          if (!gl || Math.max(height, width) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
          const texture = gl.createTexture(), pixels = new Uint8Array(4 * height * width);
          gl.bindTexture(gl.TEXTURE_2D, texture);
          gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
          gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
          gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
          const isWhole = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
          gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
          const isRead = isWhole && gl.getError() === gl.NO_ERROR;
          gl.getExtension("WEBGL_lose_context")?.loseContext();
          return isRead ? pixels : null;
        }

        /** Grey pixels, where they are transparent of the background's grey. */
        function grayOver(background, rgba) {
          const gray = new Uint8Array(rgba.length / 4), scale = 1000 * 255 * 255;
          for (let i = 0; i < gray.length; i++) {
            const [red, green, blue, alpha] = [rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2], rgba[4 * i + 3]];
            const luma = 299 * red + 587 * green + 114 * blue;
            gray[i] = (255 * luma * alpha + background * 1000 * 255 * (255 - alpha) + scale / 2) / scale;
          }
          return gray;
        }

        function redOf(rgba) {
          const red = new Uint8Array(rgba.length / 4);
          for (let i = 0; i < red.length; i++) red[i] = rgba[4 * i];
          return red;
        }

        /** A file's pixels, of digits as predict reads them, and how people see them. Throws where there are none. */
        async function decodedFile(file) {
          const luma = isDigit ? lumaAsRed(new Uint8Array(await file.arrayBuffer())) : null;
          const bitmap = await decoded(luma ?? file);
          return { bitmap, isLuma: luma !== null, seen: luma ? await createImageBitmap(file) : bitmap };
        }

        /** A picture of something drawn, and the background it is seen over: black for light ink on nothing. */
        function drawingOf({ bitmap, isLuma }) {
          const { height, width } = bitmap, rgba = pixelsOf(bitmap);
          if (isLuma) return { image: { pixels: redOf(rgba), height, width }, background: "white" };
          const onWhite = grayOver(255, rgba), onBlack = grayOver(0, rgba);
          // A pixel that is transparent by half differs by half.
          let shown = 0, light = 0;
          for (let i = 0; i < onWhite.length; i++) {
            shown += 255 - (onWhite[i] - onBlack[i]);
            light += onBlack[i];
          }
          const isLight = 2 * shown < 255 * onWhite.length && 2 * light > shown;
          return {
            image: { pixels: isLight ? onBlack : onWhite, height, width }, background: isLight ? "black" : "white",
          };
        }

        """#
}
