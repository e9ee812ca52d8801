import java.util.List;
import qingdan.ApiClient;
import qingdan.ApiException;
import qingdan.api.ItemsApi;
import qingdan.model.Category;
import qingdan.model.ItemPage;
import qingdan.model.ItemRecord;
import qingdan.model.ItemRow;
import qingdan.model.Problem;

/**
 * What a screen at a counter asks of a register: every item of one category, page by page, and one item whole.
 *
 * <pre>java Counter URL CATEGORY [CODE]</pre>
 *
 * writes a line for each item of the category, how many there are, and office and materials of the item with this code, else of the first.
 * A refusal is written as the register tells it.
 */
public final class Counter {
  private static final int ROWS = 5;

  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(arguments[0]);
    ItemsApi items = new ItemsApi(client);
    try {
      Category category = Category.fromValue(arguments[1]);
      String first = list(items, category);
      String code = arguments.length > 2 ? arguments[2] : first;
      if (code != null) {
        show(items, code);
      }
    } catch (ApiException refused) {
      Problem problem = client.getObjectMapper().readValue(refused.getResponseBody(), Problem.class);
      System.out.println(refused.getCode() + " " + problem.getCode() + ": " + problem.getTitle());
    }
  }

  /** Writes every item of a category, and gives the code of the first. */
  private static String list(ItemsApi items, Category category) throws ApiException {
    String first = null;
    String cursor = null;
    int count = 0;
    do {
      ItemPage page = items.listItems(ItemsApi.APIListItemsRequest.newBuilder()
          .category(List.of(category)).limit(ROWS).cursor(cursor).build());
      for (ItemRow row : page.getItems()) {
        System.out.println(row.getCode() + " " + row.getName());
        first = first == null ? row.getCode() : first;
        count++;
      }
      cursor = page.getNext();
      if (cursor == null) {
        System.out.println(count + " of " + page.getTotal());
      }
    } while (cursor != null);
    return first;
  }

  private static void show(ItemsApi items, String code) throws ApiException {
    ItemRecord item = items.getItem(ItemsApi.APIGetItemRequest.newBuilder().key(code).acceptLanguage("en").build());
    System.out.println(item.getName() + ": " + item.getEmbedded().getOrganisation().getName());
    item.getMaterials().forEach(material -> System.out.println("- " + material.getName() + " (" + material.getNecessity() + ")"));
  }
}
