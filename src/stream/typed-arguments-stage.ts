/** Corrects the arguments of function calls with their tool's schema, for every client and upstream protocol. */
import type { JsonObject } from '../base/json';
import { TypedArguments } from '../tools/typed-arguments';
import type { Signal, Stage } from './signal';

/** Runs after every stage that creates calls. */
export class TypedArgumentsStage implements Stage {
  private arguments: TypedArguments | undefined;

  /** @param parametersOf the schema of an offered tool, by its upstream name */
  constructor(private readonly parametersOf: (upstreamName: string) => JsonObject | undefined) {}

  step(signal: Signal): readonly Signal[] {
    switch (signal.type) {
      case 'call-start': {
        const parameters = this.parametersOf(signal.name);
        this.arguments = parameters && new TypedArguments(parameters);
        return [signal];
      }
      case 'call-delta':
        return this.arguments ? asDelta(this.arguments.push(signal.text)) : [signal];
      case 'call-end':
        return [...asDelta(this.arguments?.end() ?? ''), signal];
      default:
        return [signal];
    }
  }

  end(): readonly Signal[] {
    return [];
  }
}

const asDelta = (text: string): readonly Signal[] => (text === '' ? [] : [{ type: 'call-delta', text }]);
