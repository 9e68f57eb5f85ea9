/** Reads samples as JSON lines {kind, name, value}, validates each with openai-java's models, prints the problems. */

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.openai.core.ObjectMappers;
import com.openai.errors.OpenAIInvalidDataException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.models.ModelListPageResponse;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.inputitems.ResponseItemList;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

class Validate {
  /** The library's own mapper, which does not accept a number as a string. */
  private static final JsonMapper MAPPER = ObjectMappers.jsonMapper();

  /** Parsing accepts missing and mistyped fields; only the library's `validate` rejects them. */
  private static void validate(String kind, JsonNode value) throws JsonProcessingException {
    // As JSON text, as it arrives over the wire.
    String json = MAPPER.writeValueAsString(value);
    switch (kind) {
      case "event" -> MAPPER.readValue(json, ResponseStreamEvent.class).validate();
      case "response" -> MAPPER.readValue(json, Response.class).validate();
      case "chunk" -> MAPPER.readValue(json, ChatCompletionChunk.class).validate();
      case "completion" -> MAPPER.readValue(json, ChatCompletion.class).validate();
      case "models" -> MAPPER.readValue(json, ModelListPageResponse.class).validate();
      case "input_items" -> MAPPER.readValue(json, ResponseItemList.class).validate();
      default -> throw new IllegalArgumentException("no model for the kind " + kind);
    }
  }

  public static void main(String[] args) throws IOException {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    int count = 0;
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonNode sample = MAPPER.readTree(line);
      String kind = sample.get("kind").asText();
      count += 1;
      try {
        validate(kind, sample.get("value"));
      } catch (OpenAIInvalidDataException | JsonProcessingException error) {
        String message = String.valueOf(error.getMessage()).replace('\n', ' ');
        output.println(kind + " of " + sample.get("name").asText() + ": " + message);
      }
    }
    output.println(count + " samples");
    output.flush();
  }
}
