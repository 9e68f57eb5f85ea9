/** A labelled paragraph that is written while its words arrive, and wrapped at the width of a page. */
import { WIDTH } from './look';

/** Where the words begin, behind the label. */
const INDENT = 13;

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

  /** Takes text in pieces of any size; any white space is a gap between words. */
  push(text: string): void {
    for (const letter of text) {
      if (/\s/.test(letter)) this.finishWord();
      else this.word += letter;
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
    const isFirst = this.column === INDENT;
    const isFitting = this.column + 1 + word.length <= WIDTH;
    const gap = isFirst ? '' : isFitting ? ' ' : `\n${' '.repeat(INDENT)}`;
    this.column = (isFitting || isFirst ? this.column + gap.length : INDENT) + word.length;
    this.write(`${gap}${this.paint(word)}`);
    this.word = '';
  }
}
