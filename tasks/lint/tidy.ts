/**
 * Lint rules for `deno lint`: functions must not exceed 70 lines, and the programs read files through
 * core/plain_file.ts, which neither waits for a named pipe nor follows a link out of a folder.
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
    "plain-files": {
      create(context) {
        const isOfPrograms = /\/src\/(?!core\/|workstation\/satellite_provider\/)/
          .test(context.filename);
        if (!isOfPrograms) return {};
        return {
          MemberExpression(node) {
            const { object, property } = node;
            const isDeno = object.type === "Identifier" && object.name === "Deno";
            if (!isDeno || property.type !== "Identifier") return;
            if (!/^read(Text)?File(Sync)?$/.test(property.name)) return;
            context.report({
              node,
              message: `Deno.${property.name} waits for a named pipe and follows any link`,
              hint: "use readPlainFile() or readPlainTextFile() of core",
            });
          },
        };
      },
    },
  },
};

export default plugin;
