/** Tests every stream fixture of Chat Completions upstreams. */
import { parseJson } from '../../src/base/json';
import { describeStreams } from '../support/stream/stream-properties';

describeStreams('streams', { wire: 'chat', saysFinished });

function saysFinished(text: string): boolean {
  return text.split('\n').some((line) => {
    const data = line.trim().replace(/^data:\s*/, '');
    return data === '[DONE]' || /"finish_reason":\s*"[^"]/.test(parseJson(data) === undefined ? '' : data);
  });
}
