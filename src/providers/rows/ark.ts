/** Volcengine Ark. Facts: upstreams.md, sections 1.4 and 2. */
import { CORE_FIELDS_ONLY, type Provider } from '../provider';

/** Accepts dated model ids or the id of an endpoint; its limits are not known. */
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
    'The coding plan works only under `/api/coding/v3`; requests to `/api/v3` are billed separately.',
    'Its model list contains the whole catalog, not only the models of the plan.',
  ],
  dialect: {
    ...CORE_FIELDS_ONLY,
    // Some models reject `xhigh` (reported); `none` and `minimal` switch thinking off (source).
    thinking: { kind: 'thinking', on: 'enabled', levels: ['low', 'medium', 'high'] },
    responseFormat: 'prompt',
  },
  models: [],
};
