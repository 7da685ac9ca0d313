package customer360.benchmarks;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.SupportsRowLevelOperations;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.connector.write.RowLevelOperationBuilder;
import org.apache.spark.sql.connector.write.RowLevelOperationInfo;
import org.apache.spark.sql.delta.catalog.DeltaCatalog;
import org.apache.spark.sql.delta.catalog.DeltaTableV2;

/**
 * Delta's catalog for declarative pipelines. AUTO CDC asks a table whether it supports row-level operations; Delta's tables do
 * not say so, since Delta plans MERGE itself. And the pipelines compare a table's properties with what they asked for, among
 * which Delta shows its provider.
 */
public class RowLevelCatalog extends DeltaCatalog {
  /** A table that says so; the builder is never asked for, since Delta has planned the MERGE before. */
  public static class RowLevelTable extends DeltaTableV2 implements SupportsRowLevelOperations {
    RowLevelTable(DeltaTableV2 table) {
      super(table.spark(), table.path(), table.catalogTable(), table.tableIdentifier(), table.timeTravelOpt(), table.options());
    }

    @Override
    public RowLevelOperationBuilder newRowLevelOperationBuilder(RowLevelOperationInfo info) {
      throw new UnsupportedOperationException("Delta Lake plans row-level operations itself");
    }

    @Override
    public Map<String, String> properties() {
      Map<String, String> shown = new HashMap<>(super.properties());
      shown.remove("provider");
      return shown;
    }
  }

  @Override
  public Table loadTable(Identifier identifier) {
    Table table = super.loadTable(identifier);
    return table instanceof DeltaTableV2 ? new RowLevelTable((DeltaTableV2) table) : table;
  }

  @Override
  public Table createTable(Identifier identifier, Column[] columns, Transform[] partitions, Map<String, String> properties) {
    super.createTable(identifier, columns, partitions, properties);
    return loadTable(identifier);
  }
}
