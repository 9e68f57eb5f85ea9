/** Checks that an answer which was asked for as JSON is JSON: where a provider takes no schema, only words asked for it. */
import { parseJson } from '../base/json';
import { BridgeError } from '../errors/bridge-error';
import type { Signal, Stage } from './signal';

export interface JsonCheckOptions {
  /** Fail the answer: nothing of it was shown yet, so the model can be asked again. Otherwise it is only noted. */
  readonly refuse: boolean;
  readonly note: (text: string) => void;
}

/** Looks at the text of each choice once it is whole; an answer of calls, or one that was cut, is not asked to be JSON. */
export class JsonCheckStage implements Stage {
  private text = '';
  private calls = false;

  constructor(private readonly options: JsonCheckOptions) {}

  step(signal: Signal): readonly Signal[] {
    switch (signal.type) {
      case 'text-delta':
        this.text += signal.text;
        return [signal];
      case 'call-start':
        this.calls = true;
        return [signal];
      case 'choice-end':
        return [...this.check(), signal];
      case 'finish':
        return signal.reason === 'stop' ? [...this.check(), signal] : [signal];
      default:
        return [signal];
    }
  }

  end(): readonly Signal[] {
    return [];
  }

  private check(): readonly Signal[] {
    const wrong = this.text !== '' && !this.calls && parseJson(this.text) === undefined;
    this.text = '';
    if (!wrong) return [];
    const message = 'The model did not answer in the JSON that was asked for.';
    if (this.options.refuse) return [{ type: 'error', error: new BridgeError('bad_answer', message) }];
    this.options.note(message);
    return [];
  }
}
