/**
 * A lint rule for `deno lint`: functions must not exceed 70 lines.
 *
 * @module
 */

const LINES_MAX = 70;

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

const plugin: Deno.lint.Plugin = {
  name: "tidy",
  rules: {
    "function-length": {
      create(context) {
        const check = (node: FunctionNode) => {
          const text = context.sourceCode.text.slice(node.range[0], node.range[1]);
          const lines = text.split("\n").length;
          if (lines <= LINES_MAX) return;
          context.report({
            range: [node.range[0], node.range[0] + 1],
            message: `this function has ${lines} lines, the limit is ${LINES_MAX}`,
            hint: "give its parts names of their own",
          });
        };
        return {
          FunctionDeclaration: check,
          FunctionExpression: check,
          ArrowFunctionExpression: check,
        };
      },
    },
  },
};

export default plugin;
