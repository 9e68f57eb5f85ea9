/** SiliconFlow. Facts: upstreams.md, sections 1.4 and 2. */
import { CORE_FIELDS_ONLY, type Provider } from '../provider';

/** Serves models of many makers under their own names; their quirks come from providers/families.ts. */
export const siliconflow: Provider = {
  name: 'siliconflow',
  title: 'SiliconFlow',
  baseUrls: ['https://api.siliconflow.cn/v1', 'https://api.siliconflow.com/v1'],
  slashedIds: true,
  keyEnv: ['SILICONFLOW_API_KEY'],
  docs: 'https://docs.siliconflow.cn/docs/api/chat-completions-post',
  remarks: [
    'The first address is for China, the second is international.',
    '`enable_thinking` is not sent, because some models answer `current model does not support parameter ' +
      'enable_thinking` (20015), and which ones do changes. Each model has its own default for thinking.',
  ],
  dialect: {
    ...CORE_FIELDS_ONLY,
    // Documented for most reasoning models, with thinking_budget from 128 to 32768; rejected by the others
    // (cherry-studio#6642).
    thinking: { kind: 'none' },
    responseFormat: 'json_object',
  },
  models: [],
};
