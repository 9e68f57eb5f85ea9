/** Every answer of a native Responses endpoint that is kept as a fixture. */
import { parseJson } from '../../src/base/json';
import { describeStreams } from '../support/stream-properties';

describeStreams('native-streams', { wire: 'responses', saysFinished });

function saysFinished(text: string): boolean {
  return text.split('\n').some((line) => {
    const data = line.trim().replace(/^data:\s*/, '');
    return parseJson(data) !== undefined && /"type":\s*"response\.(completed|incomplete)"/.test(data);
  });
}
