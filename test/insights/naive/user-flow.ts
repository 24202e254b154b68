import type { UserFlowQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { UserFlowResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { propertyText } from './property.js';
import { eventsInScope } from './scope.js';
import { sessionKey } from './sessions.js';
import { compareText, groupBy } from './text.js';
import type { StoredEvent, World } from './world.js';

interface Node {
  readonly depth: number;
  readonly label: string;
  readonly others: boolean;
}

interface Link {
  readonly source: Node;
  readonly target: Node;
  readonly value: number;
}

const keyOf = (node: Node) => JSON.stringify([node.depth, node.label, node.others]);

/** Bucket nodes last, then by label. */
function compareNodes(left: Node, right: Node): number {
  return Number(left.others) - Number(right.others) || compareText(left.label, right.label);
}

function sumLinks(links: readonly Link[]): Link[] {
  return [...groupBy(links, (link) => `${keyOf(link.source)} ${keyOf(link.target)}`).values()].flatMap(
    (same) => {
      const [one] = same;
      return one === undefined ? [] : [{ ...one, value: same.reduce((sum, link) => sum + link.value, 0) }];
    },
  );
}

/** What all links that touch a node carry. */
function weightsOf(links: readonly Link[]): Map<string, { node: Node; weight: number }> {
  const weights = new Map<string, { node: Node; weight: number }>();
  for (const link of links) {
    for (const node of [link.source, link.target]) {
      const before = weights.get(keyOf(node))?.weight ?? 0;
      weights.set(keyOf(node), { node, weight: before + link.value });
    }
  }
  return weights;
}

function foldSmallNodes(links: readonly Link[], maxNodes: number): Link[] {
  const kept = new Set<string>();
  for (const sameDepth of groupBy([...weightsOf(links).values()], ({ node }) =>
    String(node.depth),
  ).values()) {
    sameDepth
      .sort((left, right) => right.weight - left.weight || compareNodes(left.node, right.node))
      .slice(0, maxNodes)
      .forEach(({ node }) => kept.add(keyOf(node)));
  }
  const fold = (node: Node): Node =>
    kept.has(keyOf(node)) ? node : { depth: node.depth, label: '$others', others: true };
  return sumLinks(links.map((link) => ({ ...link, source: fold(link.source), target: fold(link.target) })));
}

export function answerUserFlow(world: World, question: UserFlowQuery): UserFlowResult {
  const labelOf = (event: StoredEvent) =>
    question.node.type === 'kind' ? event.kind : propertyText(world, question, event, question.node.property);
  const events = eventsInScope(world, question, [question.scope]).filter(
    (event) => event.sessionId !== '' && (question.includeCookieless || !event.cookieless),
  );
  const steps = [...groupBy(events, (event) => sessionKey(world, event)).values()].flatMap((members) => {
    const labels = members.slice(0, question.maxHops + 1).map(labelOf);
    return labels.slice(1).flatMap((label, depth): Link[] => {
      const before = labels[depth] ?? '';
      return before === '' || label === ''
        ? []
        : [
            {
              source: { depth, label: before, others: false },
              target: { depth: depth + 1, label, others: false },
              value: 1,
            },
          ];
    });
  });
  const all = foldSmallNodes(sumLinks(steps), question.maxNodes);
  const links = all
    .sort(
      (left, right) =>
        right.value - left.value ||
        left.source.depth - right.source.depth ||
        compareNodes(left.source, right.source) ||
        compareNodes(left.target, right.target),
    )
    .slice(0, question.maxLinks);
  const listed = new Set(links.flatMap((link) => [keyOf(link.source), keyOf(link.target)]));
  const nodes = [...weightsOf(all).values()]
    .filter(({ node }) => listed.has(keyOf(node)))
    .sort(
      (left, right) =>
        left.node.depth - right.node.depth ||
        Number(left.node.others) - Number(right.node.others) ||
        right.weight - left.weight ||
        compareText(left.node.label, right.node.label),
    )
    .map(({ node }) => node);
  const position = (node: Node) => nodes.findIndex((other) => keyOf(other) === keyOf(node));
  return {
    type: 'user_flow',
    nodes,
    links: links.map((link) => ({
      source: position(link.source),
      target: position(link.target),
      value: link.value,
    })),
  };
}
