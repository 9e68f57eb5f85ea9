/** Tests every stream fixture of native Responses endpoints. */
import { isJsonObject, parseJsonObject } from '../../src/base/json';
import { describeStreams } from '../support/stream/stream-properties';

describeStreams('native-streams', { wire: 'responses', saysFinished });

function saysFinished(text: string): boolean {
  return text.split('\n').some((line) => {
    const { response } = parseJsonObject(line.trim().replace(/^data:\s*/, '')) ?? {};
    return isJsonObject(response) && (response['status'] === 'completed' || response['status'] === 'incomplete');
  });
}
