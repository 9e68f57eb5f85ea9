/** Volcengine Ark. Facts: upstreams.md, sections 1.4 and 2. */
import { CORE_FIELDS_ONLY, type Provider } from '../provider';

/** Models are asked for by their dated ids or by the id of an endpoint; no limits are known. */
export const ark: Provider = {
  name: 'ark',
  aliases: ['volcengine'],
  title: 'Volcengine Ark',
  baseUrls: ['https://ark.cn-beijing.volces.com/api/coding/v3', 'https://ark.cn-beijing.volces.com/api/v3'],
  keyEnv: ['ARK_API_KEY'],
  docs: 'https://www.volcengine.com/docs/82379/1330310',
  // Reported: models.dev#5513.
  responses: { evidence: 'reported' },
  remarks: [
    'The coding plan is served under `/api/coding/v3` only; requests to `/api/v3` are billed separately.',
    'Its list of models is the whole catalog, not the plan.',
  ],
  dialect: {
    ...CORE_FIELDS_ONLY,
    // `xhigh` is refused by some models (reported); `none` and `minimal` switch thinking off (source).
    thinking: { kind: 'thinking', on: 'enabled', levels: ['low', 'medium', 'high'] },
    responseFormat: 'prompt',
  },
  models: [],
};
