/**
 * An ESLint rule: a loop over promises that have been started leaves all but the first unobserved while it
 * waits. One that is rejected before its turn is an unhandled rejection, which ends a process and fails a test at
 * random.
 */
export const observeStartedPromises = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      unobserved:
        'These promises have been started: wait for all of them at once, with Promise.all or allSettled.',
    },
  },
  create(context) {
    const { getTypeAtLocation, program } = context.sourceCode.parserServices;
    const checker = program.getTypeChecker();
    const parts = (type) => (type.isUnion() ? type.types : [type]);
    return {
      ForOfStatement({ right }) {
        const item = getTypeAtLocation(right).getNumberIndexType();
        if (item && parts(item).some((type) => checker.getPropertyOfType(type, 'then'))) {
          context.report({ node: right, messageId: 'unobserved' });
        }
      },
    };
  },
};
