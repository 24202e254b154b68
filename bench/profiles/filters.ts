import type { MessageInitShape } from '@bufbuild/protobuf';
import { PropertySource } from '@dovecote/contract/common/v1/filter_schema_pb';
import { FilterOperator, LogicalOperator } from '@dovecote/contract/common/v1/filters_pb';
import type { ListRequestSchema } from '@dovecote/contract/shared/profiles/v1/profiles_pb';

type Request = Omit<MessageInitShape<typeof ListRequestSchema>, '$typeName'>;

/** A list that is filtered, in the words of the contract and by hand. */
export interface Filtered {
  readonly name: string;
  readonly request: Request;
  /** About columns of `profiles`, and of `latest` where it is joined. */
  readonly ofProfiles: string;
  /** About columns of `persons`, for people without a profile; none of them: 'false'. */
  readonly ofOthers: string;
  /** The columns of the latest event that the conditions are about. */
  readonly latest: readonly string[];
}

const { EQUALS, CONTAINS, BETWEEN, GTE, IS_NOT_SET } = FilterOperator;
const browser = { property: '$browser', source: PropertySource.AUTO };
const country = { property: '$country', source: PropertySource.AUTO };

export const everybody: Filtered = {
  name: 'everybody',
  request: {},
  ...{ ofProfiles: 'true', ofOthers: 'true', latest: [] },
};

export const filtered: readonly Filtered[] = [
  {
    name: 'a trait equals',
    request: { filterGroups: [{ filters: [{ property: 'plan', operator: EQUALS, value: 'pro' }] }] },
    ...{ ofProfiles: `properties['plan'] = 'pro'`, ofOthers: 'false', latest: [] },
  },
  {
    name: 'a trait contains',
    request: { filterGroups: [{ filters: [{ property: 'email', operator: CONTAINS, value: '77@' }] }] },
    ...{ ofProfiles: `position(properties['email'], '77@') > 0`, ofOthers: 'false', latest: [] },
  },
  {
    name: 'a number lies in a range',
    request: { filterGroups: [{ filters: [{ property: 'age', operator: BETWEEN, values: ['30', '39'] }] }] },
    ofProfiles: `mapContains(numbers, 'age') AND numbers['age'] BETWEEN 30 AND 39`,
    ...{ ofOthers: 'false', latest: [] },
  },
  {
    name: 'the latest event has',
    request: { filterGroups: [{ filters: [{ ...browser, operator: EQUALS, value: 'Safari' }] }] },
    ...{ ofProfiles: `browser = 'Safari'`, ofOthers: `latest.browser = 'Safari'`, latest: ['browser'] },
  },
  {
    name: 'no event',
    request: { filterGroups: [{ filters: [{ ...browser, operator: IS_NOT_SET }] }] },
    ...{ ofProfiles: `browser = ''`, ofOthers: `latest.browser = ''`, latest: ['browser'] },
  },
  {
    name: 'two groups',
    request: {
      filterGroups: [
        {
          filters: [
            { property: 'plan', operator: EQUALS, value: 'pro' },
            { property: 'age', operator: GTE, value: '70' },
          ],
        },
        { filters: [{ ...country, operator: EQUALS, value: 'SE' }] },
      ],
      filterGroupsOperator: LogicalOperator.OR,
    },
    ofProfiles: `(properties['plan'] = 'pro' AND mapContains(numbers, 'age') AND numbers['age'] >= 70 OR country = 'SE')`,
    ...{ ofOthers: `latest.country = 'SE'`, latest: ['country'] },
  },
];
