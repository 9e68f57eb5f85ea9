/** A labelled paragraph that is written while its words arrive, and wrapped at the width of a page. */
import { WIDTH } from '../command/terminal-style';

/** Where the words begin, behind the label. */
const INDENT = 13;

/** Writes to what it was given: the label at once, each word when it is whole, a line end at the end. */
export class Paragraph {
  private column = INDENT;
  /** Letters of a word whose end has not come yet. */
  private word = '';

  /** @param paint colours each word; the length of the word is counted without its colours */
  constructor(
    private readonly write: (text: string) => void,
    label: string,
    private readonly paint: (text: string) => string = (text) => text,
  ) {
    write(`  ${label.padEnd(INDENT - 2)}`);
  }

  /** Takes text in pieces of any size. Any white space is a gap between words; a word too long for a line is cut. */
  push(text: string): void {
    for (const letter of text) {
      if (/\s/.test(letter) || this.word.length >= WIDTH - INDENT) this.finishWord();
      this.word += letter.trim();
    }
  }

  /** Writes the last word and ends the line. */
  end(): void {
    this.finishWord();
    this.write('\n');
  }

  private finishWord(): void {
    const { word } = this;
    if (word === '') return;
    this.word = '';
    const isFirst = this.column === INDENT;
    if (!isFirst && this.column + 1 + word.length > WIDTH) {
      this.write(`\n${' '.repeat(INDENT)}${this.paint(word)}`);
      this.column = INDENT + word.length;
    } else {
      this.write(`${isFirst ? '' : ' '}${this.paint(word)}`);
      this.column += (isFirst ? 0 : 1) + word.length;
    }
  }
}
